/** @file Writes the matrices of a model in blocks of four bits, as a file beside its weights. */
import { blockSize, toFourBit } from '../four-bit.ts';
import type { FourBitMatrix } from '../onnx/products.ts';
import { turn } from '../decoding/join.ts';
import { writeHeader, type SafetensorsEntry } from '../safetensors-header.ts';
import type { CheckpointTensor } from './checkpoint.ts';
import type { FolderWriter } from './folder-writer.ts';
import { writeHashed } from './hashed-files.ts';
import type { ManifestFile } from './manifest.ts';
import { outsideLayers, piecesOf, type WeightOptions } from './write-weights.ts';

export const fourBitFile = 'model_q4.safetensors';

/**
 * The matrices that have a 4-bit form: those of the layers whose rows are whole blocks. Embedding and head stay in half
 * precision: errors of the head go straight to the logits.
 */
export const fourBitSources = (
  tensors: ReadonlyMap<string, CheckpointTensor>,
): ReadonlyMap<string, CheckpointTensor> =>
  new Map(
    [...tensors].filter(
      ([name, { shape }]) => !outsideLayers(name) && shape.length === 2 && shape[1]! % blockSize === 0,
    ),
  );

export interface WrittenFourBit {
  readonly file: ManifestFile;
  /** By name in the graph. */
  readonly matrices: ReadonlyMap<string, FourBitMatrix>;
}

/**
 * Takes the matrices from the checkpoint itself, not from its halves.
 * @param sources as `fourBitSources` gives them
 * @throws as the tensors and `folder`; or the signal's reason
 */
export async function writeFourBit(
  sources: ReadonlyMap<string, CheckpointTensor>,
  folder: FolderWriter,
  { signal, onBytes }: Omit<WeightOptions, 'dtype'>,
): Promise<WrittenFourBit> {
  const entries = layOut(sources);
  const header = writeHeader({ entries, metadata: { format: 'pt' } });
  const file = await writeHashed(folder, fourBitFile, async (append) => {
    await append(header);
    for (const tensor of sources.values()) {
      const scales: Uint16Array<ArrayBuffer>[] = [];
      for await (const values of piecesOf(tensor)) {
        signal?.throwIfAborted();
        const piece = toFourBit(values);
        await append(piece.packed);
        scales.push(piece.scales);
        await turn();
      }
      for (const part of scales) await append(new Uint8Array(part.buffer));
      onBytes?.(tensor.bytes);
    }
  });
  const place = (name: string) => {
    const { begin, end } = entries.find((entry) => entry.name === name)!;
    return { location: fourBitFile, offset: header.byteLength + begin, length: end - begin };
  };
  const matrices = Array.from(sources, ([name, { shape }]) => {
    const matrix = { shape, packed: place(packedName(name)), scales: place(scalesName(name)) };
    return [name, matrix] as const;
  });
  return { file, matrices: new Map(matrices) };
}

const packedName = (name: string) => `${name}.packed`;
const scalesName = (name: string) => `${name}.scales`;

/** Of each matrix its values, then its scales. */
function layOut(sources: ReadonlyMap<string, CheckpointTensor>): readonly SafetensorsEntry[] {
  let begin = 0;
  const entry = (name: string, dtype: string, shape: readonly number[], bytes: number) => {
    const at = begin;
    begin += bytes;
    return { name, dtype, shape, begin: at, end: begin };
  };
  return Array.from(sources).flatMap(([name, { shape }]) => {
    const [rows, columns] = shape as [number, number];
    const blocks = columns / blockSize;
    return [
      entry(packedName(name), 'U8', [rows, blocks, blockSize / 2], (rows * columns) / 2),
      entry(scalesName(name), 'F16', [rows, blocks], rows * blocks * 2),
    ];
  });
}
