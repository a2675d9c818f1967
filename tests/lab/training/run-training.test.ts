/** @file A training goes on after any interruption as without one, and what it cannot use is refused with words. */
import { describe, expect, test } from 'vitest';
import { LabError } from '../../../src/core/errors.ts';
import { memoryFolder, type Bytes, type KeptFolder } from '../../../src/lab/training/kept-folder.ts';
import { checkpointPath, checkpointSteps } from '../../../src/lab/training/checkpoint.ts';
import { resolveTraining, runTraining, type Trained } from '../../../src/lab/training/run-training.ts';
import { splitData } from '../../../src/lab/training/training-data.ts';
import type { TrainingEvent } from '../../../src/lab/records/training.ts';
import { parseTrainingPlan } from '../../../src/lab/plan/training-plan.ts';
import { createModel, data, device } from '../../finetuning/tiny-data.ts';

const many = {
  benign: Array.from({ length: 4 }, () => data.benign).flat(),
  requests: Array.from({ length: 4 }, () => data.requests).flat(),
  preferences: Array.from({ length: 4 }, () => data.preferences).flat(),
};
const plan = {
  version: 1,
  seed: 3,
  model: 'tiny',
  method: { id: 'safe-tuning' },
  data: many,
  steps: 8,
  learningRate: 3e-3,
  warmupSteps: 0,
  evaluateEvery: 2,
  checkpointEvery: 2,
  heldOut: 0.25,
};

async function train(
  input: unknown = plan,
  { files = new Map<string, Bytes>(), until = Infinity, at = undefined as number | undefined } = {},
) {
  const training = resolveTraining(parseTrainingPlan(input));
  const events: TrainingEvent[] = [];
  const run = runTraining({ training, model: createModel(), folder: memoryFolder(files), at });
  for (;;) {
    const next = await run.next();
    if (next.done) return { events, files, trained: next.value };
    events.push(next.value);
    if (next.value.type === 'step' && next.value.step >= until) {
      await run.return(undefined as never);
      return { events, files, trained: null };
    }
  }
}
async function filesIn(folder: KeptFolder): Promise<Map<string, Bytes>> {
  const files = new Map<string, Bytes>();
  for (const path of await folder.list()) files.set(path, (await folder.read(path))!);
  return files;
}
const bytesOf = (trained: Trained | null) =>
  [...trained!.weights].map(([name, { data: values }]) => [
    name,
    Buffer.from(values.buffer).toString('base64'),
  ]);
const stepsIn = (events: readonly TrainingEvent[]) =>
  events.flatMap((event) => (event.type === 'step' ? [event.step] : []));

test('every update, look and checkpoint is told, and the losses of what is taught go down', async () => {
  const { events, trained } = await train();
  expect(stepsIn(events)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const looks = events.flatMap((event) => (event.type === 'evaluation' ? [event] : []));
  expect(looks.map(({ step }) => step)).toEqual([0, 2, 4, 6, 8]);
  expect(looks[0]!.samples.map(({ kind }) => kind)).toEqual(['harmful', 'harmful', 'benign', 'benign']);
  expect(looks.at(-1)!.losses.safe!).toBeLessThan(looks[0]!.losses.safe!);
  expect(trained).toMatchObject({
    steps: 8,
    endedEarly: false,
    before: looks[0]!.losses,
    after: looks.at(-1)!.losses,
  });
});

test.each([
  ['all weights', plan],
  ['adapters', { ...plan, adapters: { rank: 2 } }],
  ['a method that carries more than weights', { ...plan, method: { id: 'safe-rlhf' } }],
])('a training that was cut off goes on to the same bytes: %s', async (_, input) => {
  const whole = await train(input);
  const cut = await train(input, { until: 5 });
  const { events, trained } = await train(input, { files: cut.files });
  expect(stepsIn(events)).toEqual([5, 6, 7, 8]);
  expect(bytesOf(trained)).toEqual(bytesOf(whole.trained));
  expect([trained!.before, trained!.after]).toEqual([whole.trained!.before, whole.trained!.after]);
  // A finished one has nothing left to do.
  const again = await train(input, { files: whole.files });
  expect(stepsIn(again.events)).toEqual([]);
  expect(bytesOf(again.trained)).toEqual(bytesOf(whole.trained));
});

test('it goes on from an earlier checkpoint where one is named, and passes over one that was cut off', async () => {
  const whole = await train();
  const branch = await train(plan, { files: new Map(whole.files), at: 4 });
  expect(stepsIn(branch.events)).toEqual([5, 6, 7, 8]);
  expect(bytesOf(branch.trained)).toEqual(bytesOf(whole.trained));
  const files = new Map(whole.files);
  files.set(checkpointPath(8), files.get(checkpointPath(8))!.slice(0, 1000));
  const { events } = await train(plan, { files });
  expect(stepsIn(events)).toEqual([7, 8]);
  expect(events[0]).toMatchObject({ type: 'note', message: /after update 8 is damaged/ });
});

test('settings that change what is trained on make another training', () => {
  const nameOf = (changes: object) => resolveTraining(parseTrainingPlan({ ...plan, ...changes })).name;
  expect(nameOf({ evaluateEvery: 0 })).not.toBe(nameOf({}));
  expect(nameOf({ evaluateEvery: 0 })).toBe(nameOf({ evaluateEvery: 0, heldOut: 0.1 }));
  expect(nameOf({ evaluateEvery: 4, checkpointEvery: 1 })).toBe(nameOf({}));
  expect(nameOf({ patience: 2 })).not.toBe(nameOf({}));
  expect(nameOf({ patience: 2, evaluateEvery: 4 })).not.toBe(nameOf({ patience: 2 }));
});

test('no more than five checkpoints are kept', async () => {
  const { files } = await train({ ...plan, steps: 16, evaluateEvery: 0 });
  expect(await checkpointSteps(memoryFolder(files))).toEqual([8, 10, 12, 14, 16]);
});

test('it ends early when looks find nothing lower, and stays ended', async () => {
  const input = { ...plan, learningRate: 0.5, steps: 40, patience: 2 };
  const { events, files, trained } = await train(input);
  expect(trained!.endedEarly).toBe(true);
  expect(stepsIn(events).length).toBeLessThan(40);
  const again = await train(input, { files });
  expect(stepsIn(again.events)).toEqual([]);
  expect(again.trained).toMatchObject({ endedEarly: true, steps: trained!.steps });
});

test('buffers and arrays do not grow over many updates', async () => {
  const held: number[] = [];
  const model = createModel();
  const training = resolveTraining(
    parseTrainingPlan({
      ...plan,
      steps: 500,
      evaluateEvery: 250,
      checkpointEvery: 250,
      method: { id: 'safe-tuning', options: { batchSize: 2 } },
    }),
  );
  const run = runTraining({ training, model, folder: memoryFolder() });
  for (let next = await run.next(); !next.done; next = await run.next())
    if (next.value.type === 'step') held.push(device.bytesHeld);
  expect(held).toHaveLength(500);
  expect(held.at(-1)).toBe(held[9]);
});

describe('refused with words', () => {
  test('a checkpoint of another training', async () => {
    const { files } = await train();
    await expect(train({ ...plan, learningRate: 1e-3 }, { files })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('another model, method or data') as unknown,
    });
  });
  test('numbers that broke, with the update at which they did and the checkpoint that is left', async () => {
    const model = createModel();
    const breaking = {
      ...model,
      learner: async (options: Parameters<typeof model.learner>[0]) => {
        const learner = await model.learner(options);
        let updates = 0;
        const step: typeof learner.step = async (...batches) => {
          updates++;
          const taken = await learner.step(...batches);
          if (updates === 6)
            throw new LabError('not-finite', 'Its losses are no numbers.', { advice: 'None.' });
          return taken;
        };
        return { ...learner, step };
      },
    };
    const training = resolveTraining(parseTrainingPlan(plan));
    const folder = memoryFolder();
    const run = runTraining({ training, model: breaking, folder });
    const all = async () => {
      while (!(await run.next()).done);
    };
    await expect(all()).rejects.toMatchObject({
      code: 'not-finite',
      message: expect.stringMatching(
        /broke at update 6.*last good checkpoint, after update 4, is kept/,
      ) as unknown,
    });
    const left = await train(plan, { files: await filesIn(folder) });
    expect(stepsIn(left.events)).toEqual([5, 6, 7, 8]);
  });
  test('a checkpoint that is not there', async () => {
    const { files } = await train();
    await expect(train(plan, { files, at: 5 })).rejects.toMatchObject({
      message: 'There is no checkpoint after update 5.',
      advice: expect.stringContaining('2, 4, 6, 8') as unknown,
    });
  });
  test('an empty answer, an unknown method, a field out of range', async () => {
    const empty = { ...many, benign: [{ prompt: many.benign[0]!.prompt, answer: ' ' }] };
    await expect(train({ ...plan, data: empty })).rejects.toMatchObject({ message: /is empty/ });
    await expect(train({ ...plan, method: { id: 'wishing' } })).rejects.toMatchObject({
      code: 'unknown-method',
    });
    await expect(train({ ...plan, steps: 0 })).rejects.toMatchObject({ code: 'bad-plan', message: /steps/ });
    await expect(train({ ...plan, data: 'nowhere' })).rejects.toMatchObject({ message: /"nowhere"/ });
    await expect(
      train({ ...plan, method: { id: 'abliteration' }, adapters: { rank: 2 } }),
    ).rejects.toMatchObject({
      code: 'not-supported',
    });
  });
});

test('what is held out is never trained on, and nothing is lost', () => {
  const rows = many.benign.map((row, i) => ({ ...row, answer: `${row.answer} ${i}` }));
  const { train: taught, heldOut } = splitData({ ...many, benign: rows }, 0.25);
  expect([taught.benign.length, heldOut.benign.length]).toEqual([9, 3]);
  expect(taught.benign.filter((row) => heldOut.benign.includes(row))).toEqual([]);
  expect(splitData(many, 0).train).toEqual(many);
});
