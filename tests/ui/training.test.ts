import { expect, test, vi } from 'vitest';
import { parsePlan } from '../../src/lab/plan/plan.ts';
import { parseTrainingPlan } from '../../src/lab/plan/training-plan.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { beforeAndAfter } from '../../src/ui/training/before-and-after.ts';
import { TrainingSession } from '../../src/ui/training/training-session.svelte.ts';
import { TrainingSetup } from '../../src/ui/training/training-setup.svelte.ts';
import { catalogue } from './fake-lab.ts';
import { fakeTrainings } from './fake-trainings.ts';

const labInfo = { catalogue, models: [...catalogue.models] };

function setUp() {
  const lab = fakeTrainings();
  const setup = new TrainingSetup(lab, labInfo);
  setup.settle();
  return { lab, setup, session: new TrainingSession(lab, async () => {}) };
}

test('the first settings are a training that can start, and each field shows in its plan', () => {
  const { setup } = setUp();
  expect(setup.problem).toBeNull();
  expect(parseTrainingPlan(setup.toPlan())).toMatchObject({
    model: 'tinytown-hard',
    method: { id: 'safe-unlearning' },
  });
  [setup.steps, setup.learningRate, setup.weights, setup.rank] = [40, 1e-3, 'adapters', 4];
  expect(setup.toPlan()).toMatchObject({
    ...{ steps: 40, learningRate: 1e-3, adapters: { rank: 4 } },
    ...{ evaluateEvery: 8, checkpointEvery: 8 },
  });
  setup.pick('abliteration');
  expect(setup.problem).toMatch(/train all weights/);
  expect(setup.toPlan()).toBeNull();
});

test('data of a file takes the place of what ships, and rows that cannot be used are told', async () => {
  const { setup } = setUp();
  const lines = ['{"prompt":"a","response":"b"}', '{"prompt":"c","response":" "}'];
  await setup.read(new File([lines.join('\n')], 'mine.jsonl'));
  expect(setup.own?.report).toMatchObject({ counts: { benign: 1 }, problemCount: 1 });
  expect(parseTrainingPlan(setup.toPlan()).data).toMatchObject({
    title: 'mine.jsonl',
    benign: [{ answer: 'b' }],
  });
  const labelled = new File(['prompt,response,label\na,b,1\nc,d,2'], 'labelled.csv');
  await setup.read(labelled);
  expect(setup.own?.report.problemCount).toBe(2);
  await setup.label('1', 'safe');
  await setup.label('2', 'harmful');
  expect(setup.own?.report).toMatchObject({ counts: { safe: 1, harmful: 1 }, problemCount: 0 });
  await setup.pickModel('tinytown-chat');
  expect(setup.own?.report.counts).toMatchObject({ safe: 1, harmful: 1 });
  setup.dropOwn();
  expect(setup.toPlan()?.data).toBe('tinytown');
  await setup.read(new File(['nothing'], 'empty.csv'));
  expect(setup.readFailure?.advice).toMatch(/^Give "messages" \(conversations\), "prompt" and "answer"/);
});

test('what a training takes is told once its settings rest', async () => {
  vi.useFakeTimers();
  const { setup } = setUp();
  const stop = setup.follow(setup.toPlan());
  await vi.advanceTimersByTimeAsync(600);
  expect(setup.estimate).toMatch(/updates of 1,100,000 numbers, about 60\.0 MB of memory/);
  stop();
  vi.useRealTimers();
});

test('a training is watched, stopped, opened again and gone on with', async () => {
  const { setup, session } = setUp();
  const plan = setup.toPlan()!;
  await session.start(plan);
  expect(session.status).toBe('done');
  expect(session.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(session.result!.model).toBe('tinytown-hard-safe-unlearning');
  expect(session.list).toHaveLength(1);
  const again = session.list[0]!;
  await session.start({ ...plan, seed: 5 });
  expect(session.list).toHaveLength(2);
  await session.open(again);
  expect([session.status, session.steps.length, session.looks.length]).toEqual(['done', 6, 6]);
  expect(session.keptAs).toBeNull();
  await session.open({ ...again, id: 'other', keptAs: 'kept' });
  expect(session.keptAs).toBe('kept');
  await session.open(again);
  await session.resume(4);
  expect(session.steps.map(({ step }) => step)).toEqual([5, 6]);
  await session.remove(again.id);
  expect([session.status, session.list.length]).toEqual(['idle', 1]);
});

test('a training that runs is not ended by looking at another', async () => {
  const { setup, session } = setUp();
  const plan = setup.toPlan()!;
  await session.start(plan);
  const earlier = session.list[0]!;
  const ended = session.start({ ...plan, seed: 5 });
  await session.open(earlier);
  expect(session.status).toBe('running');
  await ended;
  expect([session.status, session.info?.id === earlier.id]).toEqual(['done', false]);
});

test('before and after is a plan that the lab takes, with both models side by side', () => {
  const plan = parsePlan(
    beforeAndAfter({ model: 'tinytown-hard', method: 'dpo' }, 'tinytown-chat', catalogue.roles, true),
  );
  const { resolved, total } = expandPlan(plan, registries);
  expect(resolved.targets.map(({ id }) => id)).toEqual(['tinytown-hard', 'tinytown-chat']);
  expect(total).toBe(2 * (8 * 30 + 2 * 30));
  const other = parsePlan(
    beforeAndAfter({ model: 'tinytown-hard', method: 'dpo' }, 'tinytown-chat', catalogue.roles, false),
  );
  expect(expandPlan(other, registries).resolved.behaviors.every(({ set }) => set === 'secrets')).toBe(true);
});
