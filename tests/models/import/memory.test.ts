import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FolderWriter } from '../../../src/models/import/folder-writer.ts';
import { importCheckpoint } from '../../../src/models/import/import-checkpoint.ts';
import { openCheckpoint } from '../../../src/models/import/open-checkpoint.ts';
import { sentencepiece, sizes, tinyModel } from '../gguf/tiny-gguf.ts';
import { writeGguf, type WrittenTensor } from '../gguf/write-gguf.ts';

/** An embedding that makes up nearly all of the model, as in Gemma 3 270M. */
const [vocabulary, width] = [6144, 4096];
const q8 = { type: 8, blockBytes: 34, blockValues: 32 };

function bigTokenizer() {
  const texts = [...(sentencepiece['tokenizer.ggml.tokens']![1] as readonly string[])];
  const scores = [...(sentencepiece['tokenizer.ggml.scores']![1] as readonly number[])];
  const types = [...(sentencepiece['tokenizer.ggml.token_type']![1] as readonly number[])];
  while (texts.length < vocabulary) {
    types.push(1);
    scores.push(-texts.length);
    texts.push(`▁w${texts.length}`);
  }
  return {
    ...sentencepiece,
    'tokenizer.ggml.tokens': ['texts', texts],
    'tokenizer.ggml.scores': ['f32s', scores],
    'tokenizer.ggml.token_type': ['i32s', types],
  } as const;
}

/** The tiny model as wide as `width`, its embedding in Q8_0. */
function bigEmbedding(): Uint8Array<ArrayBuffer> {
  const file = tinyModel('llama', bigTokenizer(), {
    'llama.embedding_length': ['u32', width],
    'llama.attention.key_length': ['u32', sizes.headDim],
    'llama.attention.value_length': ['u32', sizes.headDim],
  });
  const wider = ({ name, shape }: WrittenTensor): WrittenTensor => {
    const isWide = (axis: number) => shape.length === 1 || axis === (/output|down/.test(name) ? 0 : 1);
    const own = shape.map((length, axis) => (isWide(axis) ? width : length));
    return { name, shape: own, data: new Float32Array(own.reduce((a, b) => a * b, 1)).fill(0.01) };
  };
  const data = new Uint8Array((vocabulary * width * q8.blockBytes) / q8.blockValues);
  for (let i = 0; i < q8.blockBytes; i++) data[i] = i === 1 ? 0x20 : 7 * i;
  for (let done: number = q8.blockBytes; done < data.length; done *= 2) data.copyWithin(done, 0, done);
  const [, ...layers] = file.tensors;
  const embedding = { name: 'token_embd.weight', shape: [vocabulary, width], type: q8.type, data };
  return writeGguf({ ...file, tensors: [embedding, ...layers.map(wider)] });
}

let folder: string;
let file: Blob;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glovebox-memory-'));
  writeFileSync(join(folder, 'big.gguf'), bigEmbedding());
  file = await openAsBlob(join(folder, 'big.gguf'));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Bytes in buffers that something refers to. */
function liveBytes(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}

test('an import needs less than 1.5 times its largest file in memory, whatever its largest tensor', async () => {
  let [most, largest, appends] = [0, 0, 0];
  const start = liveBytes();
  const nowhere: FolderWriter = {
    async create() {
      let bytes = 0;
      return {
        async append(part) {
          bytes += part.byteLength;
          // Collecting takes time, and the parts of one tensor are alike.
          if (appends++ % 8 === 0) most = Math.max(most, liveBytes() - start);
        },
        close: async () => void (largest = Math.max(largest, bytes)),
      };
    },
    commit: async () => undefined,
    discard: async () => undefined,
  };
  const checkpoint = await openCheckpoint(new Map([['big.gguf', file]]));
  const options = { id: 'big', origin: 'a test', fourBit: true, now: () => new Date(0) };
  const { precision } = await importCheckpoint(checkpoint, nowhere, options);
  expect(precision!.offered).toContain('float16');
  expect(largest).toBeGreaterThan(50e6);
  // A whole tensor in float32 would be twice the file.
  expect(most).toBeLessThan(1.5 * largest);
}, 240_000);
