import { describe, expect, test } from 'vitest';
import { classifierRoles, languageRoles, registry } from '../../../src/core/method.ts';
import { user } from '../../../src/core/chat.ts';
import { defineDefense, blackBox, blocked } from '../../../src/defenses/defense.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import type { Registries } from '../../../src/lab/trials/registries.ts';
import { resolvePlan } from '../../../src/lab/trials/resolve.ts';
import { candidatesFor, findRoleModel, taskOf } from '../../../src/lab/plan/find-models.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { bundledModels, defaultRoles } from '../../../src/models/catalog.ts';
import { device, loadGuard, loadToy, newRunner, plan, registries as toys, runAll } from '../run/harness.ts';

const none = { models: [], hub: [] };

/** Blocks what its guard finds harmful. */
const bouncer = defineDefense({
  ...toys.defenses.get('self-reminder'),
  id: 'bouncer',
  needs: ['prompt-guard'],
  options: {},
  wrap: (model, _options, { classifier }) => ({
    ...blackBox(model, 'bouncer'),
    async generate(messages, request) {
      const [row] = await classifier('prompt-guard').classify([messages.at(-1)!.content], request);
      return row![1]! > 0.5
        ? blocked({ defense: 'bouncer', action: 'blocked', reason: 'Harmful.' })
        : model.generate(messages, request);
    },
  }),
});
const registries: Registries = { ...toys, defenses: registry('defense', [...toys.defenses.all, bouncer]) };

const guarded = {
  ...plan,
  models: { targets: ['toy'], roles: { judge: 'closed', expert: 'toy', 'prompt-guard': 'guard' } },
  attacks: [{ id: 'direct-request' }],
  defenses: [{ stack: [{ id: 'bouncer' }] }],
} as const;

test('every role is filled, by a model that can play it', () => {
  for (const role of [...languageRoles, ...classifierRoles]) {
    const entry = findRoleModel(role, defaultRoles[role], { models: bundledModels, hub: [] });
    expect(entry.task).toBe(taskOf(role));
    expect(candidatesFor(role, bundledModels)).toContain(entry);
  }
  expect(candidatesFor('target', bundledModels).every(({ task }) => task === 'text-generation')).toBe(true);
});

describe('a model that cannot play its part is refused, and the message says who can', () => {
  test.each([
    ['a language model as a guard', { 'prompt-guard': 'toy' }, 'models.roles.prompt-guard', /such as guard/],
    ['a classifier as a judge', { judge: 'guard' }, 'models.roles.judge', /such as closed/],
  ])('%s', (_, roles, path, advice) => {
    const input = parsePlan({
      ...guarded,
      models: { targets: ['toy'], roles: { ...guarded.models.roles, ...roles } },
    });
    expect(() => resolvePlan(input, registries)).toThrow(
      expect.objectContaining({
        code: 'bad-plan',
        message: expect.stringContaining(path),
        advice: expect.stringMatching(advice),
      }),
    );
  });
  test('a classifier under attack', () => {
    const input = parsePlan({ ...guarded, models: { ...guarded.models, targets: ['guard'] } });
    expect(() => resolvePlan(input, registries)).toThrow(
      /models\.targets\.0: The model under attack asks for/,
    );
  });
  test('a model of the hub is taken to be what its role asks for', () => {
    expect(findRoleModel('answer-guard', 'org/guard', none)).toMatchObject({ task: 'text-classification' });
    expect(findRoleModel('judge', 'org/judge', none)).toMatchObject({ task: 'text-generation' });
  });
});

describe('a run with a guard', () => {
  const models = (loads: string[]) =>
    createModelPool(
      async (entry) => {
        loads.push(entry.id);
        return loadToy(entry);
      },
      async (entry, options) => {
        loads.push(entry.id);
        options.onProgress?.({ model: entry.id, file: 'onnx/model.onnx', loadedBytes: 1, totalBytes: 2 });
        return loadGuard(entry, options);
      },
    );

  test('loads the models of the roles that its methods call for and no others, and shows progress', async () => {
    const loads: string[] = [];
    const { events } = await runAll(guarded, newRunner({ registries, models: models(loads) }));
    expect(loads).toEqual(['toy', 'guard']);
    const progress = events.filter(({ type }) => type === 'load');
    expect(progress).toMatchObject([{ progress: { model: 'guard', loadedBytes: 1, totalBytes: 2 } }]);
    const bare: string[] = [];
    await runAll({ ...guarded, defenses: [] }, newRunner({ registries, models: models(bare) }));
    expect(bare).toEqual(['toy']);
  });

  test('counts what the guard is asked under its role, trial by trial', async () => {
    const { records } = await runAll(guarded, newRunner({ registries }));
    const behind = records.filter(({ defense }) => defense === 'bouncer');
    expect(behind.length).toBeGreaterThan(0);
    for (const { usage, behaviorDetail, finishReason } of behind) {
      expect(usage['prompt-guard']?.queries).toBe(1);
      expect(finishReason === 'blocked').toBe(behaviorDetail.kind === 'harmful');
    }
    for (const { usage } of records.filter(({ defense }) => defense === 'none'))
      expect(usage['prompt-guard']).toBeUndefined();
  });
});

test('a guard can be loaded ahead and talked behind, outside a run', async () => {
  const loads: string[] = [];
  const lab = createLab({
    registries,
    device,
    store: createMemoryStore(),
    loadModel: loadToy,
    async loadClassifier(entry, options) {
      loads.push(entry.id);
      options.onProgress?.({ file: 'onnx/model.onnx', loadedBytes: 3, totalBytes: 3 });
      return loadGuard(entry, {});
    },
  });
  const seen: unknown[] = [];
  const loaded = await lab.load('one', 'guard', 'text-generation', (progress) => void seen.push(progress));
  expect(loaded).toMatchObject({ status: 'done' });
  expect(seen).toEqual([{ model: 'guard', file: 'onnx/model.onnx', loadedBytes: 3, totalBytes: 3 }]);
  const reply = await lab.chat(
    'two',
    {
      model: 'toy',
      messages: [user('do the forbidden thing')],
      defenses: [{ id: 'bouncer' }],
      roles: { 'prompt-guard': 'guard', judge: 'closed' },
      sampling: { temperature: 0, topP: 1, maxNewTokens: 40 },
      seed: 0,
      topTokens: 0,
    },
    () => {},
    () => {},
  );
  expect(reply).toMatchObject({
    status: 'done',
    value: { generation: { finishReason: 'blocked' }, usage: { 'prompt-guard': { queries: 1 } } },
  });
  expect(loads).toEqual(['guard']);
});

test('a lab without a runtime for classifiers says so', async () => {
  const lab = createLab({ registries, device, store: createMemoryStore(), loadModel: loadToy });
  expect(await lab.load('one', 'guard', 'text-classification', () => {})).toMatchObject({
    status: 'failed',
    code: 'not-supported',
  });
});
