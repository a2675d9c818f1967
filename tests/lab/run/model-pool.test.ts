import { expect, test } from 'vitest';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { importedId, isImportedId } from '../../../src/models/imported-id.ts';
import { findModel } from '../../../src/lab/plan/find-models.ts';
import { loadGuard, loadToy, registries } from './harness.ts';

const [closed, toy] = [findModel(registries, 'closed'), findModel(registries, 'toy')];
const none = { models: [], hub: [] };
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));

test('each model is loaded once a tier, one load at a time', async () => {
  const loads: string[] = [];
  let [now, most] = [0, 0];
  const pool = createModelPool(async (entry, { access }) => {
    most = Math.max(most, ++now);
    loads.push(`${entry.id} ${access}`);
    await pause();
    now--;
    return loadToy(entry);
  });
  const wanted = [closed, toy, closed].map((entry) => pool.get(entry, { access: 'black-box' }));
  const [first, , again] = await Promise.all([...wanted, pool.get(toy, { access: 'grey-box' })]);
  expect(again).toBe(first);
  expect(loads).toEqual(['closed black-box', 'toy black-box', 'toy grey-box']);
  expect(most).toBe(1);
});

test('a classifier is loaded once, after what was asked for before it', async () => {
  const loads: string[] = [];
  const pool = createModelPool(
    async (entry) => {
      await pause();
      loads.push(entry.id);
      return loadToy(entry);
    },
    async (entry, options) => {
      loads.push(entry.id);
      return loadGuard(entry, options);
    },
  );
  const guard = findModel(registries, 'guard');
  void pool.get(toy, { access: 'grey-box' });
  const [first, again] = await Promise.all([pool.classifier(guard, {}), pool.classifier(guard, {})]);
  expect(again).toBe(first);
  expect(loads).toEqual(['toy', 'guard']);
});

test('a caller who gives up does not take the model from another who waits for it', async () => {
  const controller = new AbortController();
  const pool = createModelPool(async (entry, { signal }) => {
    await pause();
    signal?.throwIfAborted();
    return loadToy(entry);
  });
  const impatient = pool.get(toy, { access: 'grey-box', signal: controller.signal });
  const patient = pool.get(toy, { access: 'grey-box' });
  controller.abort();
  await expect(impatient).rejects.toMatchObject({ name: 'AbortError' });
  expect((await patient).id).toBe('toy');
});

test('an id of an imported model is understood where the model is not, and names its folder', () => {
  const id = importedId('My model (Q4_1)', 'b179c9523d0e6a0f'.repeat(4));
  expect(id).toBe('My-model-Q4_1@b179c9523d0e');
  expect(findModel(none, id)).toMatchObject({ id, source: { kind: 'url', base: `imported/${id}/` } });
  expect(importedId('../..', 'a'.repeat(64))).toBe('model@aaaaaaaaaaaa');
  expect(importedId('a', 'b'.repeat(64), 'F32')).toBe('a-F32@bbbbbbbbbbbb');
  expect(isImportedId('name@b179')).toBe(false);
});

test('a name with a slash is a model of the hub, a web address a folder, anything else unknown', () => {
  expect(findModel(none, 'org/name').source).toEqual({ kind: 'hub', repo: 'org/name', revision: 'main' });
  expect(findModel(none, 'http://localhost:1/m').source).toEqual({
    kind: 'url',
    base: 'http://localhost:1/m/',
  });
  expect(findModel(none, 'org/guard', 'text-classification')).toMatchObject({
    task: 'text-classification',
    runtimes: ['transformers'],
  });
  expect(() => findModel({ ...none, models: [toy] }, 'nobody')).toThrow(
    expect.objectContaining({ code: 'unknown-model', advice: expect.stringContaining('toy') }),
  );
});

test('a model that is forgotten is loaded anew at every tier; others stay', async () => {
  const loads: string[] = [];
  const pool = createModelPool(async (entry, { access }) => {
    loads.push(`${entry.id} ${access}`);
    return loadToy(entry);
  });
  const askAll = async () => {
    await pool.get(toy, { access: 'black-box' });
    await pool.get(toy, { access: 'grey-box' });
    await pool.get(closed, { access: 'black-box' });
  };
  await askAll();
  pool.forget('toy');
  await askAll();
  expect(loads.slice(3)).toEqual(['toy black-box', 'toy grey-box']);
});

test('a stored model is the same under its repository, which is its second id', async () => {
  const source = { kind: 'stored', folder: 'toy@0123456789ab', repository: 'org/toy' } as const;
  const stored = { ...toy, id: source.folder, source };
  const alias = findModel({ ...none, models: [stored] }, 'org/toy');
  let loads = 0;
  const pool = createModelPool(async (entry) => (loads++, loadToy({ ...entry, id: 'toy' })));
  await pool.get(stored, { access: 'black-box' });
  await pool.get(alias, { access: 'black-box' });
  expect(loads).toBe(1);
  pool.forget(source.folder);
  await pool.get(alias, { access: 'black-box' });
  expect(loads).toBe(2);
});
