/**
 * @file The part of the ONNX file format that our graphs need, written with a plain protobuf writer.
 * Field numbers are those of onnx.proto3.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Values of TensorProto.DataType. */
export const elementTypes = { float32: 1, uint8: 2, int64: 7, bool: 9, float16: 10 } as const;
export type ElementType = keyof typeof elementTypes;

/** A part of a file that is given to the engine beside the graph. */
export interface ExternalData {
  /** Name under which the engine gets the file. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Row-major, little endian. */
  readonly data: Uint8Array | ExternalData;
}

/** A graph input or output; a dimension given by name is variable. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] };

export interface Node {
  readonly type: string;
  /** Operator set; `''` is the standard one. */
  readonly domain: string;
  /** `''` leaves out an optional input or output. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Version by operator-set domain. */
  readonly opsets: Readonly<Record<string, number>>;
}

/** IR version 10, which ONNX Runtime has read since 1.18. */
const irVersion = 10;

function message(writer: BinaryWriter, field: number, body: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  body();
  writer.join();
}
const string = (writer: BinaryWriter, field: number, value: string) =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const integer = (writer: BinaryWriter, field: number, value: number) =>
  writer.tag(field, WireType.Varint).int64(value);

function writeAttribute(writer: BinaryWriter, name: string, attribute: Attribute): void {
  string(writer, 1, name);
  if ('float' in attribute) {
    writer.tag(2, WireType.Bit32).float(attribute.float);
    integer(writer, 20, 1);
  } else if ('int' in attribute) {
    integer(writer, 3, attribute.int);
    integer(writer, 20, 2);
  } else {
    for (const value of attribute.ints) integer(writer, 8, value);
    integer(writer, 20, 7);
  }
}

function writeNode(writer: BinaryWriter, { type, domain, inputs, outputs, attributes }: Node): void {
  for (const name of inputs) string(writer, 1, name);
  for (const name of outputs) string(writer, 2, name);
  string(writer, 4, type);
  for (const [name, attribute] of Object.entries(attributes))
    message(writer, 5, () => writeAttribute(writer, name, attribute));
  string(writer, 7, domain);
}

function writeInitializer(writer: BinaryWriter, { name, type, shape, data }: Initializer): void {
  for (const length of shape) integer(writer, 1, length);
  integer(writer, 2, elementTypes[type]);
  string(writer, 8, name);
  if (data instanceof Uint8Array) {
    writer.tag(9, WireType.LengthDelimited).bytes(data);
    return;
  }
  for (const [key, value] of Object.entries(data))
    message(writer, 13, () => {
      string(writer, 1, key);
      string(writer, 2, String(value));
    });
  integer(writer, 14, 1); // data_location: EXTERNAL
}

function writeValueInfo(writer: BinaryWriter, { name, type, shape }: ValueInfo): void {
  string(writer, 1, name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      integer(writer, 1, elementTypes[type]);
      message(writer, 2, () => {
        for (const length of shape)
          message(writer, 1, () =>
            typeof length === 'number' ? integer(writer, 1, length) : string(writer, 2, length),
          );
      });
    }),
  );
}

/**
 * @returns the bytes of an `.onnx` file, with all weights that are not external
 * @throws RangeError beyond protobuf's 2 GiB
 */
export function writeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const weightBytes = model.initializers.reduce(
    (sum, { data }) => sum + (data instanceof Uint8Array ? data.byteLength : 0),
    0,
  );
  if (weightBytes >= 2 ** 31)
    throw new RangeError(`${weightBytes} bytes of weights do not fit one ONNX file; store them as float16.`);
  const writer = new BinaryWriter();
  integer(writer, 1, irVersion);
  string(writer, 2, 'glovebox');
  message(writer, 7, () => {
    for (const node of model.nodes) message(writer, 1, () => writeNode(writer, node));
    string(writer, 2, model.name);
    for (const tensor of model.initializers) message(writer, 5, () => writeInitializer(writer, tensor));
    for (const input of model.inputs) message(writer, 11, () => writeValueInfo(writer, input));
    for (const output of model.outputs) message(writer, 12, () => writeValueInfo(writer, output));
  });
  for (const [domain, version] of Object.entries(model.opsets))
    message(writer, 8, () => {
      string(writer, 1, domain);
      integer(writer, 2, version);
    });
  return writer.finish();
}
