import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { classifierRoles, languageRoles } from '../../../src/core/method.ts';
import type { AttackStep } from '../../../src/attacks/attack.ts';
import type { Outcome } from '../../../src/core/errors.ts';
import type { AttackReply } from '../../../src/lab/records/reply.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import type { AttackRequest, ChatRequest } from '../../../src/lab/plan/request.ts';
import type { LabApi } from '../../../src/lab/worker/api.ts';
import type { RunEvent } from '../../../src/lab/records/events.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import {
  behavior,
  device,
  linesOf,
  loadToy,
  newRunner,
  plan,
  recordsIn,
  registries,
  runAll,
} from '../run/harness.ts';

const newLab = (store = createMemoryStore()): LabApi =>
  createLab({ loadModel: loadToy, store, device, registries });
const ignore = () => {};

const chat: ChatRequest = {
  model: 'toy',
  messages: [user('do the forbidden thing')],
  defenses: [],
  roles: { judge: 'closed', expert: 'toy' },
  sampling: { temperature: 0, topP: 1, maxNewTokens: 40 },
  seed: 0,
  topTokens: 3,
};

test('mutate lists a prompt for each harmful behavior of a set, or says why the attack cannot', async () => {
  const lab = newLab();
  const outcome = await lab.mutate({ attack: { id: 'direct-request' }, seed: 0 }, 'toys');
  expect(outcome).toMatchObject({
    status: 'done',
    value: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ behavior: id, attack: 'direct-request' })),
  });
  expect(await lab.mutate({ attack: { id: 'walk' }, seed: 0 }, 'toys')).toMatchObject({
    status: 'failed',
    code: 'not-supported',
  });
});

describe('run', () => {
  test('delivers every event in order, in batches, before its outcome', async () => {
    const batches: (readonly RunEvent[])[] = [];
    const outcome = await newLab().run('run', plan, async (events) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      batches.push(events);
    });
    const direct = await runAll();
    expect(outcome).toEqual({ status: 'done', value: undefined });
    expect(batches.flat().at(-1)).toMatchObject({
      type: 'overview',
      overview: { finished: 36, summary: { plan: 'Toys', seed: 7 } },
    });
    // Overviews come by the clock.
    const types = (events: readonly RunEvent[]) =>
      events.map(({ type }) => type).filter((type) => type !== 'overview' && type !== 'pace');
    expect(types(batches.flat())).toEqual(types(direct.events));
    expect(batches.length).toBeLessThan(batches.flat().length / 2);
  });

  test('a bad plan is an outcome with a code, and stores nothing', async () => {
    const lab = newLab();
    expect(await lab.run('run', { version: 2 }, ignore)).toMatchObject({
      status: 'failed',
      code: 'bad-plan',
    });
    expect(await lab.runs()).toEqual({ status: 'done', value: [] });
  });

  test('cancel stops the run; what was finished stays and the run goes on from there', async () => {
    const lab = newLab();
    const outcome = await lab.run('run', plan, (events) => {
      if (events.some(({ type }) => type === 'trial')) void lab.cancel('run');
    });
    expect(outcome).toEqual({ status: 'cancelled' });
    const before = await lab.runs();
    expect(before).toMatchObject({ value: [{ id: 'run', state: 'stopped', total: 36 }] });
    await lab.run('run', plan, ignore);
    expect(linesOf(await recordsIn(lab))).toEqual((await runAll()).lines);
    expect(await lab.runs()).toMatchObject({ value: [{ state: 'done', finished: 36 }] });
  });

  test('a run that was cut off is shown as paused, one that goes on as running', async () => {
    const store = createMemoryStore();
    await runAll({ ...plan, defenses: [] }, newRunner({ store }));
    const run = (await store.run('run'))!;
    await store.putRun({ ...run, plan: parsePlan(plan), state: 'running' });
    const lab = newLab(store);
    expect(await lab.runs()).toMatchObject({ value: [{ state: 'paused' }] });
    expect(await lab.runs()).not.toMatchObject({ value: [{ plan: expect.anything() as unknown }] });
    expect(await lab.plan('run')).toMatchObject({ status: 'done', value: { name: 'Toys' } });
    const unlock = await store.lock('run');
    expect(await lab.runs()).toMatchObject({ value: [{ state: 'running' }] });
    expect(await lab.remove('run')).toMatchObject({ status: 'failed', code: 'run-locked' });
    unlock();
    expect(await lab.remove('run')).toMatchObject({ status: 'done' });
    expect(await lab.overview('run')).toMatchObject({ status: 'failed', code: 'bad-input' });
  });
});

describe('restore', () => {
  const whole = runAll();

  test('trials from a file are not run again', async () => {
    const { records, lines } = await whole;
    const lab = newLab();
    const half = records.filter((_, i) => i % 2 === 0);
    expect(await lab.restore('run', plan, [...half, half[0]!])).toEqual({ status: 'done', value: 18 });
    expect(await lab.restore('run', plan, half)).toEqual({ status: 'done', value: 0 });
    const started: RunEvent[] = [];
    await lab.run(
      'run',
      plan,
      (events) => void started.push(...events.filter(({ type }) => type === 'trial')),
    );
    expect(started).toHaveLength(18);
    expect(linesOf(await recordsIn(lab))).toEqual(lines);
  });

  test.each([
    ['another seed', { seed: 'other' }],
    ['a behavior that the plan lacks', { behavior: 'zebra' }],
    ['a field missing', { scores: undefined }],
  ])('trials with %s are refused', async (_, change) => {
    const { records } = await whole;
    const changed = { ...records[0]!, ...change } as (typeof records)[number];
    expect(await newLab().restore('run', plan, [records[1]!, changed])).toMatchObject({
      status: 'failed',
      code: 'bad-input',
      message: expect.stringContaining('Trial 2'),
    });
  });
});

describe('chat', () => {
  test('streams tokens, answers, scores, and counts what it took', async () => {
    const texts: string[] = [];
    const outcome = await newLab().chat(
      'call',
      { ...chat, evaluators: [{ id: 'pattern-refusal' }] },
      (_, text) => void texts.push(text),
      ignore,
    );
    expect(outcome).toMatchObject({
      status: 'done',
      value: {
        generation: { text: 'I am sorry, no.' },
        attackResult: { messages: chat.messages, steps: 0 },
        scores: { 'pattern-refusal': { value: 1 } },
        usage: { target: { queries: 1 } },
      },
    });
    expect(texts.at(-1)).toBe('I am sorry, no.');
  });

  test('an attack rewrites the last turn and leaves the conversation before it', async () => {
    const earlier = [
      { role: 'system', content: 'Be brief.' } as const,
      user('hello'),
      { role: 'assistant', content: 'hi' } as const,
    ];
    const outcome = await newLab().chat(
      'call',
      { ...chat, messages: [...earlier, ...chat.messages], attack: { id: 'walk', options: { steps: 2 } } },
      ignore,
      ignore,
    );
    if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome));
    const { messages } = outcome.value.attackResult;
    expect(messages.slice(0, 3)).toEqual(earlier);
    expect(messages[3]?.content).toMatch(/^do the forbidden thing \d+$/);
    expect(outcome.value.usage.target?.queries).toBe(3);
  });

  test('defenses act and leave their events', async () => {
    const outcome = await newLab().chat(
      'call',
      { ...chat, defenses: [{ id: 'self-reminder' }, { id: 'safe-decoding' }] },
      ignore,
      ignore,
    );
    expect(outcome).toMatchObject({
      value: { generation: { events: [{ defense: 'self-reminder' }, { defense: 'safe-decoding' }] } },
    });
  });
});

test('an attack call gives the same prompt as its trial would, and streams its steps', async () => {
  const asked: AttackRequest = {
    ...chat,
    seed: 7,
    behavior: behavior('c'),
    attack: { id: 'walk' },
    evaluators: [{ id: 'prefix-match' }],
  };
  const steps: number[] = [];
  const outcome = await newLab().attack('call', asked, ({ step }) => void steps.push(step));
  const trial = (await runAll()).records.find(({ attack, behavior: id }) => attack === 'walk' && id === 'c');
  expect(outcome).toMatchObject({
    value: { result: trial?.attackResult, generation: { text: trial?.response } },
  });
  expect(steps).toEqual([0, 1, 2]);
});

test('the record of an attack call is that of its trial, and a run takes it over', async () => {
  const lab = newLab();
  const one = {
    ...plan,
    behaviors: [{ behaviors: [behavior('c')] }],
    attacks: [{ id: 'walk' }],
    defenses: [],
  };
  const asked: AttackRequest = {
    ...chat,
    topTokens: 2,
    seed: 7,
    behavior: behavior('c'),
    attack: { id: 'walk' },
    evaluators: plan.evaluators.map(({ id }) => ({ id })),
    roles: plan.models.roles!,
  };
  const outcome = await lab.attack('call', asked, ignore);
  if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome));
  expect(linesOf([outcome.value.record])).toEqual((await runAll(one)).lines);
  expect(await lab.restore('run', one, [outcome.value.record])).toEqual({ status: 'done', value: 1 });
});

describe('an attack that is paused', () => {
  const asked: AttackRequest = {
    ...chat,
    seed: 7,
    behavior: behavior('c'),
    attack: { id: 'walk', options: { steps: 6 } },
    evaluators: [{ id: 'prefix-match' }],
  };
  const still = () => new Promise((resolve) => setTimeout(resolve, 20));
  const undisturbed = async () => {
    const steps: AttackStep[] = [];
    const outcome = await newLab().attack('call', asked, (step) => void steps.push(step));
    return { steps, outcome: timeless(outcome) };
  };
  const timeless = (outcome: Outcome<AttackReply>) => {
    if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome));
    const { record, ...reply } = outcome.value;
    return { ...reply, record: linesOf([record])[0] };
  };

  test.each([[[2]], [[0, 1, 2, 3, 4, 5]]])('after steps %j comes to the same', async (at) => {
    const lab = newLab();
    const steps: AttackStep[] = [];
    const held: (readonly [boolean, number])[] = [];
    const pause = async () => {
      const stands = await lab.pause('call');
      await still();
      held.push([stands, steps.length]);
      await lab.resume('call');
    };
    const outcome = await lab.attack('call', asked, (step) => {
      steps.push(step);
      if (at.includes(step.step)) void pause();
    });
    expect({ steps, outcome: timeless(outcome) }).toEqual(await undisturbed());
    expect(held).toEqual(at.map((step) => [true, step + 1]));
  });

  test('before its first step, or twice, comes to the same', async () => {
    const lab = newLab();
    const steps: AttackStep[] = [];
    const attack = lab.attack('call', asked, (step) => void steps.push(step));
    expect(await Promise.all([lab.pause('call'), lab.pause('call')])).toEqual([true, true]);
    expect(steps).toEqual([]);
    await lab.resume('call');
    expect({ steps, outcome: timeless(await attack) }).toEqual(await undisturbed());
  });

  test('does not keep other calls from going on, nor count the time', async () => {
    const lab = newLab();
    const attack = lab.attack('call', asked, ignore);
    await lab.pause('call');
    const startedAt = performance.now();
    expect(await lab.chat('chat', chat, ignore, ignore)).toMatchObject({ status: 'done' });
    expect(await lab.run('run', plan, ignore)).toMatchObject({ status: 'done' });
    expect(await lab.attack('other', asked, ignore)).toMatchObject({ status: 'done' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const heldMs = performance.now() - startedAt;
    await lab.resume('call');
    const outcome = await attack;
    if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome));
    expect(outcome.value.record.times.attackMs).toBeLessThan(heldMs / 2);
    expect(timeless(outcome)).toEqual((await undisturbed()).outcome);
  });

  test('can be stopped, and what has ended is not held', async () => {
    const lab = newLab();
    const attack = lab.attack('call', asked, ignore);
    expect(await lab.pause('call')).toBe(true);
    await lab.cancel('call');
    expect(await attack).toEqual({ status: 'cancelled' });
    expect(await lab.pause('call')).toBe(false);
  });

  test('in vain, because it ends first, says so', async () => {
    const lab = newLab();
    let pausing: Promise<boolean> | undefined;
    const pause = () => void (pausing ??= lab.pause('call'));
    expect(await lab.chat('call', chat, pause, ignore)).toMatchObject({ status: 'done' });
    expect(await pausing).toBe(false);
  });
});

test('every defense that ships hands its requests on with the signal that they came with', async () => {
  // Those that look inside need a model that has one: see tests/defenses/composition.test.ts.
  const outside = registries.defenses.all.filter(({ access }) => access !== 'white-box');
  const names = outside.map(({ id }) => id);
  const everyone = [
    ...languageRoles.map((role) => [role, 'toy'] as const),
    ...classifierRoles.map((role) => [role, 'guard'] as const),
  ];
  const { records } = await runAll({
    ...plan,
    models: { targets: ['toy'], roles: Object.fromEntries(everyone) },
    attacks: [{ id: 'direct-request' }],
    behaviors: [{ behaviors: [behavior('bread', 'benign')] }],
    contrast: { harmful: ['wake it', 'break it'], harmless: ['feed it', 'bake it'] },
    // The toy does not paraphrase, and what cannot be paraphrased is blocked by default.
    defenses: names.map((id) => ({
      stack: [{ id, ...(id === 'paraphrase' && { options: { otherwise: 'original' } }) }],
    })),
  });
  const uncounted = records.filter(
    ({ usage: { target } }) => !target || target.queries + target.scored === 0,
  );
  expect(uncounted.map(({ defense }) => defense)).toEqual([]);
});

test('a call that starts with a model that cannot be loaded fails, and loads it again next time', async () => {
  let tries = 0;
  const lab = createLab({
    registries,
    device,
    store: createMemoryStore(),
    async loadModel(entry) {
      if (++tries === 1) throw new Error('network');
      return loadToy(entry);
    },
  });
  expect(await lab.load('one', 'toy', 'text-generation', ignore)).toMatchObject({
    status: 'failed',
    message: 'network',
  });
  expect(await lab.load('two', 'toy', 'text-generation', ignore)).toEqual({
    status: 'done',
    value: undefined,
  });
  await lab.load('three', 'toy', 'text-generation', ignore);
  expect(tries).toBe(2);
  expect(await lab.load('four', 'nobody', 'text-generation', ignore)).toMatchObject({
    code: 'unknown-model',
  });
});

test('the catalogue survives a structured clone and counts behaviors by kind', async () => {
  const catalogue = await newLab().catalogue();
  expect(structuredClone(catalogue)).toEqual(catalogue);
  expect(catalogue.sets[0]?.counts).toEqual({ harmful: 5, 'benign-lookalike': 1, benign: 1 });
  expect(catalogue.evaluators[0]).toMatchObject({
    measures: expect.any(String),
    yesFrom: expect.any(Number),
  });
});

test('models that need WebGPU are listed where there is WebGPU, and missing them harms nothing else', async () => {
  const gpu = { ...device, kind: 'webgpu' as const };
  const [big] = registries.models;
  const listing = (webgpuModels: () => Promise<readonly (typeof registries.models)[number][]>, on = gpu) =>
    createLab({ loadModel: loadToy, store: createMemoryStore(), device: on, registries, webgpuModels })
      .catalogue()
      .then(({ models }) => models.length - registries.models.length);
  expect(await listing(async () => [{ ...big!, id: 'big' }])).toBe(1);
  expect(await listing(() => Promise.reject(new Error('offline')))).toBe(0);
  expect(await listing(async () => [{ ...big!, id: 'big' }], { ...gpu, kind: 'wasm' as never })).toBe(0);
});
