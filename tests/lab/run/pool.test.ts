import { describe, expect, test } from 'vitest';
import type { Helper } from '../../../src/lab/run/helper.ts';
import { workersFor } from '../../../src/lab/run/pool-size.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import type { RunStore } from '../../../src/lab/store/run-store.ts';
import { bundledModels } from '../../../src/models/catalog.ts';
import { newRunner, plan, runAll } from './harness.ts';
import { helper } from './pool-helper.ts';

const withHelpers = (helpers: readonly Helper[], store: RunStore = createMemoryStore()) =>
  newRunner({ store, startHelpers: () => helpers });

const alone = await runAll();

describe('a pool of workers', () => {
  test.each([1, 2])('gives the bytes of one worker with %i more', async (more) => {
    const helpers = Array.from({ length: more }, () => helper());
    const { lines, summary } = await runAll(plan, withHelpers(helpers));
    expect(lines).toEqual(alone.lines);
    expect(summary.cells.map(({ successes }) => successes)).toEqual(
      alone.summary.cells.map(({ successes }) => successes),
    );
    for (const { runs } of helpers) expect(runs).toBeGreaterThan(0);
  });

  test('makes each attack once, wherever its answers are computed', async () => {
    const made = ({ events }: typeof alone) => events.filter(({ type }) => type === 'step').length;
    expect(made(await runAll(plan, withHelpers([helper(), helper()])))).toBe(made(alone));
  });

  test('goes on with what helpers leave behind when they end', async () => {
    const helpers = [helper((runs) => runs === 1), helper((runs) => runs === 0)];
    expect((await runAll(plan, withHelpers(helpers))).lines).toEqual(alone.lines);
  });

  test('goes on without a helper that never becomes ready', async () => {
    const waits: Helper = { open: () => new Promise(() => {}), run: () => Promise.reject(), end: () => {} };
    const refuses: Helper = { ...waits, open: () => Promise.reject(new Error('no such model')) };
    expect((await runAll(plan, withHelpers([waits, refuses]))).lines).toEqual(alone.lines);
  });

  test.each([0, 2, 5])(
    'that is killed after %i chunks goes on with another number of workers',
    async (room) => {
      const store = createMemoryStore();
      let left = room;
      const dying: RunStore = {
        ...store,
        async append(runId, records) {
          if (left-- <= 0) throw new Error('power cut');
          await store.append(runId, records);
        },
      };
      await expect(runAll(plan, withHelpers([helper(), helper()], dying))).rejects.toThrow('power cut');
      expect((await runAll(plan, withHelpers([helper()], store))).lines).toEqual(alone.lines);
    },
  );

  test('stops when it is told to, and ends its helpers', async () => {
    const controller = new AbortController();
    let ended = 0;
    const stopping: Helper = {
      ...helper(),
      run: () => new Promise((_, reject) => controller.signal.addEventListener('abort', () => reject())),
      end: () => void ended++,
    };
    setTimeout(() => controller.abort(), 5);
    const run = runAll(plan, withHelpers([stopping]), { signal: controller.signal });
    await expect(run).rejects.toHaveProperty('name', 'AbortError');
    expect(ended).toBeGreaterThan(0);
  });
});

describe('the number of workers', () => {
  const [small] = bundledModels;
  const facts = { kind: 'wasm', cores: 4, memoryBytes: null } as const;

  test('is that of the cores for small models, and what the user wishes', () => {
    expect(workersFor([small!], facts)).toBe(4);
    expect(workersFor([small!], facts, 2)).toBe(2);
    expect(workersFor([small!], { ...facts, memoryBytes: 2e9 })).toBe(2);
  });

  test('is one on a GPU, for large models, those of unknown size and servers', () => {
    expect(workersFor([small!], { ...facts, kind: 'webgpu' }, 3)).toBe(1);
    expect(workersFor([small!, { ...small!, bytes: 3e8 }], facts, 3)).toBe(1);
    expect(workersFor([{ ...small!, bytes: null }], facts, 3)).toBe(1);
    expect(workersFor([{ ...small!, source: { kind: 'endpoint' } }], facts)).toBe(1);
  });
});
