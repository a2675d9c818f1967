/** @file Names of models on the command line: what they stand for, and what is refused before anything is imported. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepRecord, removeCached, type CachedModel } from '../../scripts/cli/models/cache.ts';
import { checkModelIds, idsOf, planWithIds, withModelIds } from '../../scripts/cli/models/named.ts';
import { hashOf, sourceFiles } from '../../scripts/cli/models/source-files.ts';
import { parsePlan } from '../../src/lab/plan/plan.ts';
import { mkdir } from 'node:fs/promises';

let folder: string;
let model: CachedModel;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glovebox-models-'));
  process.env['GLOVEBOX_MODELS'] = join(folder, 'cache');
  const sha256 = 'ab'.repeat(32);
  model = { id: `toy@${sha256.slice(0, 12)}`, source: '/toy.gguf', sha256, files: [] };
  await mkdir(join(folder, 'cache', sha256), { recursive: true });
  keepRecord(model);
});
afterAll(() => {
  Reflect.deleteProperty(process.env, 'GLOVEBOX_MODELS');
  rmSync(folder, { recursive: true });
});

describe('a name', () => {
  test('that is an id stays as it is', async () => {
    const ids = await idsOf(['tinytown-chat', model.id], {});
    expect([...ids.values()]).toEqual(['tinytown-chat', model.id]);
    expect(() => checkModelIds([...ids.values()])).not.toThrow();
  });
  test.each([
    ['a hub model, without the airlock', 'org/name', {}, /asks no other computer.*--airlock/s],
    ['a file that does not exist', './nowhere.gguf', {}, /no file or folder "\.\/nowhere\.gguf"/],
  ] as const)('that is %s is refused', async (_, name, options, message) => {
    await expect(idsOf([name], options)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });
  test('that is the id of a model of another computer is refused, and the message says how to get it', () => {
    expect(() => checkModelIds(['toy@000000000000'])).toThrow(/not on this computer.*models add/s);
    expect(() => checkModelIds(['nobody'])).toThrow(/no model "nobody".*tinytown-chat/s);
  });
  test('is replaced wherever a command gives one', async () => {
    const given = { model: ['tinytown-chat'], from: model.id, role: [`judge=${model.id}`] };
    expect(await withModelIds(given)).toEqual(given);
    await expect(withModelIds({ ...given, role: ['judge=org/name'] })).rejects.toThrow('org/name');
  });
});

test('a plan with a wrong method is refused before its models are imported', async () => {
  const plan = parsePlan({
    version: 1,
    name: 'wrong',
    models: { targets: ['./nowhere.gguf'] },
    behaviors: [{ set: 'tinytown', limit: 1 }],
    attacks: [{ id: 'no-such-attack' }],
    evaluators: [{ id: 'pattern-refusal' }],
  });
  await expect(planWithIds(plan, {})).rejects.toThrow('no-such-attack');
});

test('a model is hashed as its one file, or as the list of the files that it computes with', async () => {
  const one = join(folder, 'one');
  await mkdir(one);
  writeFileSync(join(one, 'config.json'), '{}');
  // sha256sum config.json
  const digest = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
  expect(await hashOf(sourceFiles(one))).toBe(digest);
  writeFileSync(join(one, 'README.md'), 'Not what the model computes.');
  expect(await hashOf(sourceFiles(one))).toBe(digest);
  writeFileSync(join(one, 'tokenizer.json'), '{}');
  // printf '%s  config.json\n%s  tokenizer.json\n' … | sha256sum
  expect(await hashOf(sourceFiles(one))).toBe(
    '4b1147a7a833a7806f5be7e037ff400261c142be4cb3f61bdddfe1629f44e32e',
  );
});

test('of a removed model nothing is left', () => {
  removeCached(model);
  expect(() => checkModelIds([model.id])).toThrow('not on this computer');
});
