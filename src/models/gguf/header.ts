/**
 * @file The header of one GGUF file: metadata and the list of its tensors, checked before anything relies on it.
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { excerpt } from '../../core/excerpt.ts';
import { checkStart } from './magic.ts';
import { readMetadata, type Metadata } from './metadata.ts';
import { parseHeader, type ParsedHeader } from './parse.ts';
import { rejecting, type Reject } from './reject.ts';
import { tensorTypeOf } from './tensor-types.ts';

/** Where a tensor lies in its file. */
export interface TensorEntry {
  readonly name: string;
  /** As in PyTorch, outermost first; the file has them innermost first. */
  readonly shape: readonly number[];
  /** As ggml numbers its types. */
  readonly type: number;
  /** Byte offset in the file. */
  readonly begin: number;
  /** `null` for a type that is not known here. */
  readonly bytes: number | null;
}

export interface Header {
  readonly metadata: Metadata;
  readonly tensors: readonly TensorEntry[];
}

/** Far above those of models in use: a header with one of the largest vocabularies has 16 MB. */
const most = { headerBytes: 32_000_000, nameCharacters: 200 } as const;

/** What is read first of a file, and then, while its header goes on, four times as much. */
const firstBytes = 1_000_000;

/** @throws LabError 'bad-model' with the place of the damage */
export async function readHeader(file: Blob, name: string): Promise<Header> {
  const reject = rejecting(name);
  await checkStart(file, reject);
  const parsed = await parse(file, reject);
  const metadata = readMetadata(parsed.metadata, reject);
  const alignment = metadata.integer('general.alignment', { min: 1, max: 2 ** 20 }) ?? 32;
  if (!Number.isInteger(Math.log2(alignment)))
    return reject(`its alignment of ${alignment} is no power of two`);
  const dataBegin = Math.ceil(parsed.bytes / alignment) * alignment;
  const tensors = parsed.tensors.map(({ name, dimensions, type, offset }) => {
    if (offset % BigInt(alignment) !== 0n || offset > BigInt(file.size))
      return reject(`tensor "${excerpt(name)}" begins at byte ${offset} of the data, which cannot be`);
    return entryOf(name, dimensions, type, dataBegin + Number(offset), reject);
  });
  checkLayout(tensors, file.size, reject);
  return { metadata, tensors };
}

async function parse(file: Blob, reject: Reject): Promise<ParsedHeader> {
  const largest = Math.min(file.size, most.headerBytes);
  for (let bytes = Math.min(firstBytes, largest); ; bytes = Math.min(4 * bytes, largest)) {
    const head = new Uint8Array(await file.slice(0, bytes).arrayBuffer());
    const parsed = parseHeader(head, file.size, reject);
    if (parsed !== null) return parsed;
    if (bytes === largest) return reject(`its header is longer than ${largest} bytes`);
  }
}

function entryOf(
  name: string,
  dimensions: readonly bigint[],
  type: number,
  begin: number,
  reject: Reject,
): TensorEntry {
  if (name.length === 0 || name.length > most.nameCharacters)
    return reject(`a tensor has a name of ${name.length} characters`);
  const shape = dimensions.map(Number).reverse();
  const values = shape.reduce((product, length) => product * length, 1);
  if (values === 0 || !Number.isSafeInteger(values))
    return reject(`tensor "${excerpt(name)}" has the shape ${shape.join(' × ')}`);
  const known = tensorTypeOf(type);
  if (known === undefined) return { name, shape, type, begin, bytes: null };
  if (shape.at(-1)! % known.blockValues !== 0)
    return reject(
      `tensor "${excerpt(name)}" has rows of ${shape.at(-1)} values, but ${known.name} needs multiples of ${known.blockValues}`,
    );
  return { name, shape, type, begin, bytes: (values / known.blockValues) * known.blockBytes };
}

/** Names are unique; tensors lie in the file, and none in another. */
function checkLayout(tensors: readonly TensorEntry[], fileBytes: number, reject: Reject): void {
  const names = new Set<string>();
  let before: TensorEntry | null = null;
  for (const tensor of tensors.toSorted((a, b) => a.begin - b.begin)) {
    const { name, begin, bytes } = tensor;
    if (names.has(name)) reject(`it has two tensors called "${excerpt(name)}"`);
    names.add(name);
    const end = begin + (bytes ?? 0);
    if (end > fileBytes)
      reject(`tensor "${excerpt(name)}" ends at byte ${end}, but the file has ${fileBytes} bytes`);
    if (before !== null && begin < before.begin + (before.bytes ?? 0))
      reject(`tensors "${excerpt(before.name)}" and "${excerpt(name)}" overlap`);
    before = tensor;
  }
}
