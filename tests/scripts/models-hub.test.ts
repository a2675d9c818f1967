/** @file Models of a hub on the command line: a mirror on this computer stands in place of the hub. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { cachedModels, folderOf } from '../../scripts/cli/models/cache.ts';
import { folderWriter } from '../../scripts/cli/models/folder-writer.ts';
import { checkIntact } from '../../scripts/cli/models/intact.ts';
import { host } from '../../scripts/cli/temporary-folder.ts';
import { checkModelIds, idsOf, planWithIds } from '../../scripts/cli/models/named.ts';
import { damageIn, offeredIn } from '../../scripts/cli/models/stored-form.ts';
import { readLongInput } from '../../scripts/cli/failure.ts';
import { parsePlan } from '../../src/lab/plan/plan.ts';
import { openStubHub, type StubHub } from '../e2e/stub-hub.ts';
import { tinyFolder } from '../models/tiny-model.ts';
import { tinyModel } from '../models/gguf/tiny-gguf.ts';
import { writeGguf } from '../models/gguf/write-gguf.ts';

let stub: StubHub;
let folder: string;
const told: string[] = [];
beforeAll(async () => {
  stub = await openStubHub({ tls: false });
});
afterAll(() => stub.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glovebox-hub-'));
  vi.stubEnv('GLOVEBOX_MODELS', folder);
  vi.spyOn(console, 'error').mockImplementation((line) => void told.push(String(line)));
  told.length = 0;
  stub.interfere = null;
  stub.requests.length = 0;
  stub.repositories.clear();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});
const airlock = () => ({ airlock: true, mirror: stub.address }) as const;
const idOf = async (name: string, options: Parameters<typeof idsOf>[1] = airlock()) =>
  (await readLongInput(() => idsOf([name], options))).get(name)!;

describe('org/name', () => {
  beforeEach(() => stub.repositories.set('org/tiny', new Map(tinyFolder())));

  test('is refused without --airlock, and nobody is asked', async () => {
    await expect(idOf('org/tiny', { mirror: stub.address })).rejects.toThrow(
      /asks no other computer.*--airlock/s,
    );
    expect(stub.requests).toEqual([]);
  });

  test('is downloaded with it, imported once, and is here from then on, without --airlock too', async () => {
    const id = await idOf('org/tiny');
    expect(id).toMatch(/^tiny@[0-9a-f]{12}$/);
    expect(() => checkModelIds([id])).not.toThrow();
    const [model] = cachedModels();
    expect(model).toMatchObject({ id, source: 'org/tiny' });
    expect(await damageIn(folderOf(model!))).toBeNull();
    expect(readdirSync(join(folder, 'downloads'))).toEqual([]);
    expect(told.join('\n')).toContain(`Asking ${stub.address} for the files of org/tiny`);
    stub.requests.length = 0;
    expect(await idOf('org/tiny', {})).toBe(id);
    expect(stub.requests).toEqual([]);
  });

  test('takes weights that the importer reads, and leaves graphs', async () => {
    await idOf('org/tiny');
    expect(stub.requests.some(({ url }) => url.includes('model.safetensors'))).toBe(true);
    expect(stub.requests.some(({ url }) => url.includes('.onnx'))).toBe(false);
  });

  test('may stand in a plan, as a target and in a role', async () => {
    const plan = parsePlan({
      version: 1,
      name: 'hub',
      models: { targets: ['org/tiny'], roles: { judge: 'org/tiny' } },
      behaviors: [{ set: 'tinytown', limit: 1 }],
      attacks: [{ id: 'direct-request' }],
      evaluators: [{ id: 'pattern-refusal' }],
    });
    const { models } = await planWithIds(plan, airlock());
    expect(models.targets[0]).toMatch(/^tiny@/);
    expect(models.roles.judge).toBe(models.targets[0]);
  });

  test('goes on with what has arrived when it was cut off', async () => {
    stub.interfere = ({ url }, response) =>
      url.includes('model.safetensors') && !!response.writeHead(429, { 'Retry-After': '3600' }).end();
    await expect(idOf('org/tiny')).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/left alone for 3600 s.*is kept/s),
    });
    expect(cachedModels()).toEqual([]);
    stub.interfere = null;
    stub.requests.length = 0;
    await idOf('org/tiny');
    // The list and the configuration are asked for anew; of the files, only the one that is missing.
    const files = stub.requests.map(({ url }) => url.split('/').at(-1)!.replace(/\?.*/, ''));
    expect(files).toEqual(['main', 'config.json', 'model.safetensors', 'model.safetensors']);
  });

  test('that a hub does not have, or gives to no visitor, is a clear error', async () => {
    await expect(idOf('org/other')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/no model org\/other .*download its files there/s),
    });
    stub.interfere = ({ url }, response) => url.includes('/resolve/') && !!response.writeHead(401).end();
    await expect(idOf('org/tiny')).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/accepted its licence, at https:\/\/huggingface\.co\/org\/tiny/),
    });
    expect(existsSync(join(folder, 'downloads'))).toBe(false);
  });

  test('of an architecture that nothing here runs is refused by name, before its weights are asked for', async () => {
    const files = new Map(tinyFolder());
    files.delete('onnx/model.onnx');
    files.set('config.json', Buffer.from(JSON.stringify({ model_type: 'mamba' })));
    stub.repositories.set('org/mamba', files);
    await expect(idOf('org/mamba')).rejects.toThrow(/model_type is "mamba"/);
    expect(stub.requests.some(({ url }) => url.includes('safetensors'))).toBe(false);
  });
});

test('a mirror is the hub for all that follows; an address that cannot be one is refused', async () => {
  stub.repositories.set('org/tiny', new Map(tinyFolder()));
  vi.stubEnv('GLOVEBOX_MIRROR', stub.address);
  expect(await idOf('org/tiny', { airlock: true })).toMatch(/^tiny@/);
  for (const mirror of [
    'http://hub.example',
    'hub.example',
    'https://me:secret@hub.example',
    'https://hub.example/?a=1',
  ])
    await expect(idOf('org/other', { airlock: true, mirror })).rejects.toThrow(/cannot be a mirror/);
});

test('a repository made for ONNX Runtime is kept as it is published', async () => {
  const files = new Map(tinyFolder());
  files.delete('model.safetensors');
  stub.repositories.set('org/onnx', files);
  const id = await idOf('org/onnx');
  const [model] = cachedModels();
  expect(model).toMatchObject({ id, source: 'org/onnx' });
  expect(readdirSync(join(folderOf(model!), 'onnx'))).toEqual(['model.onnx']);
  expect(offeredIn(folderOf(model!))).toEqual({ runtimes: ['transformers'], access: 'grey-box' });
  expect(await damageIn(folderOf(model!))).toBeNull();
});

describe('a damaged model', () => {
  const graph = () => join(folderOf(cachedModels()[0]!), 'onnx/model.onnx');

  test.each([
    ['imported', 'org/tiny'],
    ['kept', 'org/onnx'],
  ])('that was %s is not used, and the next download replaces it', async (how, name) => {
    const files = new Map(tinyFolder());
    if (how === 'kept') files.delete('model.safetensors');
    stub.repositories.set(name, files);
    const id = await idOf(name);
    await checkIntact(['tinytown-chat', id]);
    appendFileSync(graph(), 'x');
    await expect(checkIntact([id])).rejects.toThrow(/is damaged, and is not used: onnx\/model\.onnx has/);
    expect(await idOf(name, {})).toBe(id); // without the airlock it stays
    expect(await idOf(name)).toBe(id);
    await checkIntact([id]);
    expect(cachedModels()).toHaveLength(1);
  });

  test('is hashed again only when a size or a time is another', async () => {
    stub.repositories.set('org/tiny', new Map(tinyFolder()));
    const id = await idOf('org/tiny');
    const setTime = (second: number) => utimesSync(graph(), second, second);
    setTime(1_790_000_000);
    await checkIntact([id]);
    const bytes = readFileSync(graph());
    bytes[20]! ^= 1;
    writeFileSync(graph(), bytes);
    setTime(1_790_000_000);
    await checkIntact([id]); // no size and no time tells
    setTime(1_790_000_001);
    await expect(checkIntact([id])).rejects.toThrow(/its hash is another/);
  });
});

test('what an import left is removed if its process ran on this computer and runs no more', () => {
  const left = [`a.${host}-99999999.part`, `b.0000${host}-99999999.part`, `c.${host}-${process.ppid}.part`];
  for (const name of left) mkdirSync(join(folder, name));
  folderWriter(join(folder, 'model'));
  expect(readdirSync(folder).toSorted()).toEqual(left.slice(1));
});

describe('a GGUF file of a repository', () => {
  const gguf = writeGguf(tinyModel('llama'));
  beforeEach(() =>
    stub.repositories.set(
      'org/guf',
      new Map([
        ['tiny-Q8_0.gguf', gguf],
        ['tiny-F16.gguf', gguf],
      ]),
    ),
  );

  test('is named behind a colon, and has the id of the same file on disk', async () => {
    const id = await idOf('org/guf:tiny-Q8_0.gguf');
    const [model] = cachedModels();
    expect(model).toMatchObject({ id, source: 'org/guf:tiny-Q8_0.gguf' });
    expect(id).toBe(`tiny-Q8_0@${model!.sha256.slice(0, 12)}`);
    expect(stub.requests.some(({ url }) => url.includes('F16'))).toBe(false);
  });

  test('that is not named, or not there, is asked for with the names there are', async () => {
    await expect(idOf('org/guf')).rejects.toThrow(/2 GGUF files.*org\/guf:tiny-Q8_0\.gguf/s);
    await expect(idOf('org/guf:other.gguf')).rejects.toThrow(/no file other\.gguf.*tiny-F16\.gguf/s);
  });
});
