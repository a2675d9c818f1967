/** @file The command line with a model from a folder on disk: imported once, served to the page, verified, removed. */
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { root } from '../../scripts/build.ts';
import { labHere } from '../scripts/printed.ts';

let folder: string;
let model: string;
const bundled = join(root, 'public/models/tinytown-chat');
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-models-'));
  vi.stubEnv('GLOVEBOX_MODELS', join(folder, 'cache'));
  model = join(folder, 'my model');
  const filter = (path: string) => !path.includes('onnx'); // as a folder from a hub: the graph is the importer's
  await cp(bundled, model, { recursive: true, filter });
});
afterAll(() => {
  vi.unstubAllEnvs();
  return rm(folder, { recursive: true });
});

const json = async (...args: readonly string[]) => {
  const { code, out, err } = await labHere(...args, '--json');
  expect(code, err).toBe(0);
  return JSON.parse(out) as never;
};
const listed = () =>
  json('models', 'list') as Promise<
    readonly {
      id: string;
      source: string;
      bytes: number;
      sha256: string;
      runtimes: string[];
      access: string;
    }[]
  >;

describe('a model folder on disk', () => {
  test('answers as the bundled model that it is a copy of', async () => {
    const ask = ['--message', 'Who are you?', '--max-new-tokens', '24'];
    const own: { response: string } = await json('chat', '--model', model, ...ask);
    const { response } = (await json('chat', '--model', 'tinytown-chat', ...ask)) as { response: string };
    expect(own.response).toBe(response);
  });

  test('is listed with an id that carries its hash, and is imported once', async () => {
    const before = await readdir(join(folder, 'cache'));
    const added: { id: string } = await json('models', 'add', model);
    expect(await readdir(join(folder, 'cache'))).toEqual(before);
    const entry = (await listed()).find(({ id }) => id === added.id)!;
    expect(entry).toMatchObject({
      source: model,
      access: 'white-box',
      runtimes: ['transformers', 'whitebox'],
    });
    expect(entry.id).toBe(`my-model@${entry.sha256.slice(0, 12)}`);
    expect(entry.bytes).toBeGreaterThan(1_000_000);
  });

  test('is attacked in a plan, with gradients, and its records name it by that id', async () => {
    const plan = {
      version: 1,
      name: 'own',
      models: { targets: [model] },
      behaviors: [{ set: 'tinytown', kinds: ['harmful'], limit: 1 }],
      attacks: [{ id: 'gcg', options: { steps: 1, candidates: 2 } }],
      evaluators: [{ id: 'pattern-refusal' }],
      sampling: { maxNewTokens: 8 },
    };
    await writeFile(join(folder, 'plan.json'), JSON.stringify(plan));
    const out = join(folder, 'run');
    await json('run', join(folder, 'plan.json'), '--out', out);
    const { model: name, error } = JSON.parse(await readFile(join(out, 'trials.jsonl'), 'utf8')) as never;
    expect(error).toBeUndefined();
    expect(name).toMatch(/^my-model@[0-9a-f]{12}$/);
    const replayed = join(folder, 'replayed');
    const { code, err } = await labHere(
      'replay',
      out,
      '--out',
      replayed,
      '--model',
      model,
      '--defense',
      'self-reminder',
    );
    expect(code, err).toBe(0);
  });

  test('is verified, and a changed byte is found', async () => {
    const { id, sha256 } = (await listed()).find(({ source }) => source === model)!;
    expect(await json('models', 'verify', id)).toEqual([{ id, damage: null }]);
    const weights = join(folder, 'cache', sha256, 'model.safetensors');
    const bytes = await readFile(weights);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(weights, bytes);
    const { code, err } = await labHere('models', 'verify', id);
    expect(code).toBe(1);
    expect(err).toMatch(/Damaged.*my-model/);
  });

  test('is removed without a trace', async () => {
    const { id } = (await listed()).find(({ source }) => source === model)!;
    await json('models', 'remove', id);
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
    const { code, err } = await labHere('chat', '--model', id, '--message', 'Hello');
    expect(code).toBe(2);
    expect(err).toContain('not on this computer');
  });
});

test('damaged files are refused with the reason, and nothing is stored', async () => {
  const damaged = join(folder, 'damaged');
  await cp(model, damaged, { recursive: true });
  await truncate(join(damaged, 'model.safetensors'), 1_000_000);
  const broken = join(folder, 'broken.gguf');
  await writeFile(broken, Buffer.from([...Buffer.from('GGUF'), 3, 0, 0, 0, ...Array<number>(64).fill(255)]));
  for (const [path, reason] of [
    [damaged, /safetensors/],
    [join(damaged, 'config.json'), /no tokenizer\.json/],
    [broken, /broken\.gguf/],
    [join(folder, 'nowhere.gguf'), /no file or folder/],
  ] as const) {
    const { code, err } = await labHere('chat', '--model', path, '--message', 'Hello');
    expect(code).toBe(2);
    expect(err).toMatch(reason);
  }
  expect(await readdir(join(folder, 'cache'))).toEqual([]);
});
