import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { runCommand } from '../../scripts/cli/program.ts';
import { createRandom } from '../../src/core/random.ts';
import { parseLlamaConfig } from '../../src/models/llama.ts';
import { writePeft } from '../../src/models/peft.ts';
import { initAdapters } from '../../src/models/runtimes/whitebox/adapters.ts';
import { readSafetensors } from '../../src/models/safetensors.ts';
import { printed } from './printed.ts';

const base = 'public/models/tinytown-chat';
const [rank, alpha] = [2, 3];
let folder: string;
let adapter: string;
const random = createRandom('merge');
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glovebox-merge-'));
  vi.stubEnv('GLOVEBOX_MODELS', join(folder, 'models'));
  adapter = join(folder, 'adapter');
  mkdirSync(adapter);
  const projections = ['self_attn.o_proj'] as const;
  const config = parseLlamaConfig(JSON.parse(readFileSync(join(base, 'config.json'), 'utf8')) as never);
  const tensors = new Map(
    [...initAdapters(config, { rank, alpha, projections })].map(([name, { shape, data }]) => [
      name,
      { shape, data: Float32Array.from(data, () => random.next() - 0.5) },
    ]),
  );
  for (const [name, bytes] of writePeft({ rank, alpha, projections, tensors }, 'tinytown-chat'))
    writeFileSync(join(adapter, name), bytes);
});
afterEach(() => rmSync(join(folder, 'out'), { recursive: true, force: true }));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const merge = async (name: string, ...more: readonly string[]) => {
  let code = -1;
  const words = ['merge-adapter', name, '--out', join(folder, 'out'), '--base', 'tinytown-chat', ...more];
  const [out, err] = await printed(async () => {
    code = await runCommand(words);
  });
  return { code, out, err };
};
const tensorsIn = (path: string) => readSafetensors(new Uint8Array(readFileSync(path))).tensors;

test('an adapter becomes a part of its model: W + alpha / rank · B A, and all else as it was', async () => {
  const { code, out, err } = await merge(adapter, '--json');
  expect(code, err).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ files: expect.arrayContaining(['config.json', 'tokenizer.json']) });
  const merged = tensorsIn(join(folder, 'out/model.safetensors'));
  const weights = tensorsIn(join(base, 'model.safetensors'));
  const parts = tensorsIn(join(adapter, 'adapter_model.safetensors'));
  expect([...merged.keys()].toSorted()).toEqual([...weights.keys()].toSorted());
  let adapted = 0;
  for (const [name, { shape, data }] of weights) {
    const found = merged.get(name)!.data;
    const a = parts.get(`base_model.model.${name.replace('.weight', '.lora_A.weight')}`)?.data;
    const b = parts.get(`base_model.model.${name.replace('.weight', '.lora_B.weight')}`)?.data;
    if (!a || !b) {
      expect(
        found.every((value, i) => value === data[i]),
        name,
      ).toBe(true);
      continue;
    }
    adapted++;
    const [rows, columns] = shape as [number, number];
    let furthest = 0;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let r = 0; r < rank; r++) sum += b[row * rank + r]! * a[r * columns + column]!;
        const expected = data[row * columns + column]! + (alpha / rank) * sum;
        furthest = Math.max(furthest, Math.abs(found[row * columns + column]! - expected));
      }
    expect(furthest, name).toBeLessThan(2e-3); // halves near 2
  }
  expect(adapted).toBeGreaterThan(0);
});

test('what is no adapter, or a folder with files, is refused and left as it is', async () => {
  expect(await merge(base)).toMatchObject({ code: 2, err: expect.stringContaining('no LoRA adapter') });
  mkdirSync(join(folder, 'out'));
  writeFileSync(join(folder, 'out/mine.txt'), 'mine');
  expect(await merge(adapter)).toMatchObject({
    code: 2,
    err: expect.stringContaining('holds files already'),
  });
  expect(existsSync(join(folder, 'out/model.safetensors'))).toBe(false);
});
