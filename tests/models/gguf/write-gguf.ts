/** @file Writes GGUF files for tests, sound ones and damaged ones. */

/** A value with the type that the format stores it as. */
export type Value =
  | readonly ['u32' | 'f32' | 'u64', number]
  | readonly ['bool', boolean]
  | readonly ['text', string]
  | readonly ['texts', readonly string[]]
  | readonly ['i32s' | 'f32s', readonly number[]];

export interface WrittenTensor {
  readonly name: string;
  /** As in PyTorch, outermost first. */
  readonly shape: readonly number[];
  /** As ggml numbers them; default F32. */
  readonly type?: number;
  readonly data: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  /** From the start of the data; default: behind the tensor before. */
  readonly offset?: number;
}

export interface WrittenFile {
  readonly metadata: Readonly<Record<string, Value>>;
  readonly tensors: readonly WrittenTensor[];
  /** Claimed instead of the true counts. */
  readonly claims?: { readonly tensors?: bigint; readonly keys?: bigint };
}

const alignment = 32;

export function writeGguf({ metadata, tensors, claims }: WrittenFile): Uint8Array<ArrayBuffer> {
  const out = new ByteList();
  out.add(new TextEncoder().encode('GGUF'));
  out.u32(3);
  out.u64(claims?.tensors ?? BigInt(tensors.length));
  out.u64(claims?.keys ?? BigInt(Object.keys(metadata).length));
  for (const [key, value] of Object.entries(metadata)) {
    out.text(key);
    writeValue(out, value);
  }
  let end = 0;
  const placed = tensors.map((tensor) => {
    const offset = tensor.offset ?? Math.ceil(end / alignment) * alignment;
    end = Math.max(end, offset + tensor.data.byteLength);
    return { ...tensor, offset };
  });
  for (const { name, shape, type = 0, offset } of placed) {
    out.text(name);
    out.u32(shape.length);
    for (const length of shape.toReversed()) out.u64(BigInt(length));
    out.u32(type);
    out.u64(BigInt(offset));
  }
  const dataBegin = Math.ceil(out.length / alignment) * alignment;
  const bytes = new Uint8Array(dataBegin + end);
  bytes.set(out.bytes());
  for (const { data, offset } of placed)
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dataBegin + offset);
  return bytes;
}

export const asFile = (bytes: Uint8Array<ArrayBuffer>, name = 'tiny.gguf'): File => new File([bytes], name);

function writeValue(out: ByteList, [type, value]: Value): void {
  switch (type) {
    case 'u32':
      out.u32(4);
      return out.u32(value);
    case 'f32':
      out.u32(6);
      return out.f32(value);
    case 'bool':
      out.u32(7);
      return out.add(Uint8Array.of(Number(value)));
    case 'text':
      out.u32(8);
      return out.text(value);
    case 'u64':
      out.u32(10);
      return out.u64(BigInt(value));
    default: {
      out.u32(9);
      out.u32({ texts: 8, i32s: 5, f32s: 6 }[type]);
      out.u64(BigInt(value.length));
      for (const item of value) {
        if (typeof item === 'string') out.text(item);
        else if (type === 'f32s') out.f32(item);
        else out.u32(item);
      }
    }
  }
}

class ByteList {
  length = 0;
  readonly #pieces: Uint8Array[] = [];

  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  add(values: Uint8Array | Uint32Array | BigUint64Array | Float32Array): void {
    const piece = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  u32(value: number): void {
    this.add(Uint32Array.of(value));
  }

  u64(value: bigint): void {
    this.add(BigUint64Array.of(value));
  }

  f32(value: number): void {
    this.add(Float32Array.of(value));
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u64(BigInt(bytes.length));
    this.add(bytes);
  }
}
