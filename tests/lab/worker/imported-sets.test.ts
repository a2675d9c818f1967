import { expect, test } from 'vitest';
import type { Outcome } from '../../../src/core/errors.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { createSetStore } from '../../../src/lab/sets/set-store.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { createHelperLab } from '../../../src/lab/worker/helper-worker.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { device, loadToy, plan, recordsIn, registries } from '../run/harness.ts';
import { memorySets } from '../sets/memory-sets.ts';

const content = new Blob(['goal,target\nDo the forbidden deed 1,Sure\nDo the forbidden deed 2,Sure\n']);
const ignore = () => {};
function newLab() {
  const store = createMemoryStore();
  const setStore = createSetStore(memorySets(), () => new Date('2026-01-02'), ['toys']);
  return { lab: createLab({ loadModel: loadToy, store, setStore, device, registries }), store, setStore };
}
function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.status === 'done') return outcome.value;
  throw new Error(JSON.stringify(outcome));
}
const imported = async ({ lab }: ReturnType<typeof newLab>) =>
  valueOf(await lab.importSet('c', content, 'deeds.csv', { title: '', choices: {} }, ignore)).set;
const planOn = (source: { readonly set: string; readonly sha256?: string }) => ({
  ...plan,
  behaviors: [source],
  attacks: [{ id: 'direct-request' }],
  defenses: [],
});

test('an imported set is in the catalogue, and can be looked at', async () => {
  const own = newLab();
  const { id, sha256 } = await imported(own);
  const { sets } = await own.lab.catalogue();
  expect(sets.at(-1)).toMatchObject({ id, sha256, counts: { harmful: 2 }, brings: { target: 2 } });
  expect(valueOf(await own.lab.behaviors(id)).map((behavior) => behavior.id)).toEqual([
    'deeds-row-1',
    'deeds-row-2',
  ]);
});

test('reading a file stores nothing, and tells how far it is', async () => {
  const { lab } = newLab();
  const told: unknown[] = [];
  const report = valueOf(await lab.readSet('c', content, 'deeds.csv', {}, (at) => void told.push(at)));
  expect(report).toMatchObject({ shape: 'AdvBench', counts: { harmful: 2 } });
  expect(told.at(-1)).toEqual({ bytes: content.size, totalBytes: content.size });
  expect(valueOf(await lab.storedSets())).toEqual([]);
});

test('a plan runs on an imported set, under whatever name it has for its content', async () => {
  const own = newLab();
  const { sha256 } = await imported(own);
  valueOf(await own.lab.run('run', planOn({ set: 'mine', sha256 }), ignore));
  const ids = (await recordsIn(own.lab, 'run')).map(({ behavior }) => behavior);
  expect(ids).toEqual(['mine-row-1', 'mine-row-2']);
});

test('without its set a plan does not run, and says what to do', async () => {
  const own = newLab();
  const { id, sha256 } = await imported(own);
  valueOf(await own.lab.removeSet(id));
  expect(await own.lab.run('run', planOn({ set: id, sha256 }), ignore)).toMatchObject({
    status: 'failed',
    code: 'bad-plan',
    message: 'behaviors.0: The behavior set "deeds" is not here.',
    advice: expect.stringContaining('Import its file on the page Behaviors'),
  });
});

test('a helper finds the set too', async () => {
  const own = newLab();
  const { id, sha256 } = await imported(own);
  const helper = createHelperLab({
    loadModel: loadToy,
    device,
    registries,
    setStore: own.setStore,
  });
  const job = {
    plan: parsePlan(planOn({ set: id, sha256 })),
    target: 'toy',
    roles: {},
    places: [0, 1],
    hasEdits: false,
    artifacts: [[]],
    lessons: new Map(),
  };
  expect(await helper.open(job)).toMatchObject({ status: 'done' });
  const chunks = [await helper.run(0, new Map(), ignore), await helper.run(1, new Map(), ignore)];
  expect(chunks.flatMap(valueOf).map(({ record }) => record.behavior)).toEqual([
    'deeds-row-1',
    'deeds-row-2',
  ]);
});
