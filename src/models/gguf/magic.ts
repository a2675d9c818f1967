/** @file The first bytes of a GGUF file, looked at before anything is parsed: is it one, and are its counts in proportion? */
import type { Reject } from './reject.ts';

/** Far above those of models in use: the largest have some 2,000 tensors and 100 keys. */
const most = { tensors: 20_000, keys: 5000 } as const;

/** Formats that are often saved under the wrong name, by how they begin. */
const others: readonly (readonly [begin: RegExp, format: string])[] = [
  [/^PK/, 'a zip archive (or a PyTorch checkpoint)'],
  [/^(GGML|lmgg|fmgg|tjgg|algg)/i, 'in the older format GGML, which was replaced by GGUF in 2023'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS, not the file itself'],
  [/^\s*</, 'a web page'],
  [/^.{8}\{/s, 'in the safetensors format'],
  [/^\x80/, 'a Python pickle'],
  [/^\s*[{[]/, 'JSON'],
];

const startBytes = 24;

/** Read the first bytes. @throws LabError 'bad-model' if this is another format, a newer version, or has absurd counts */
export async function checkStart(file: Blob, reject: Reject): Promise<void> {
  const head = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  const text = String.fromCharCode(...head);
  if (!text.startsWith('GGUF')) {
    const format = others.find(([begin]) => begin.test(text))?.[1];
    reject(
      format === undefined ? 'it does not begin with the letters GGUF' : `it is ${format}`,
      'Pick the .gguf file of the model; a folder in Hugging Face layout can be added as a folder.',
    );
  }
  if (head.byteLength < startBytes) reject(`it has ${head.byteLength} bytes, too few for a header`);
  const view = new DataView(head.buffer);
  const version = view.getUint32(4, true);
  if (version !== 2 && version !== 3)
    reject(
      (version & 0xffff) === 0
        ? 'its numbers are stored big end first'
        : `it has version ${version} of the format, and only 2 and 3 can be read`,
      'Convert the model again with a current converter.',
    );
  const counts = { tensors: view.getBigUint64(8, true), keys: view.getBigUint64(16, true) };
  for (const kind of ['tensors', 'keys'] as const)
    if (counts[kind] > BigInt(most[kind]))
      reject(`its header claims ${counts[kind]} ${kind}, more than ${most[kind]}`);
}
