/** Every fine-tuning method: its update has the gradient of the loss it names, and it does what it is for. */
import { describe, expect, test } from 'vitest';
import { user } from '../../src/core/chat.ts';
import { parseOptions } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { mean } from '../../src/core/statistics.ts';
import { cosine } from '../../src/core/vectors.ts';
import {
  finetune,
  learnerOptions,
  type FinetuningSettings,
  type FinetuningStep,
} from '../../src/finetuning/finetune.ts';
import type { Memory } from '../../src/finetuning/finetuning.ts';
import { finetunings } from '../../src/finetuning/index.ts';
import type { Learner, TrainerState } from '../../src/models/language-model.ts';
import { createModel, data, device } from './tiny-data.ts';

const settings: FinetuningSettings = {
  seed: 1,
  steps: 8,
  learningRate: 3e-3,
  warmupSteps: 0,
  weightDecay: 0,
  adapters: null,
};

/** Options under which the loss is a function of the weights alone. */
const fixed: Readonly<Record<string, Record<string, unknown>>> = {
  'latent-adversarial': { ascents: 0 },
  'safe-rlhf': { clip: 1, helping: 0.1, bound: 0 },
};

function moved(state: TrainerState, by: (name: string, index: number) => number): TrainerState {
  const weights = [...state.weights].map(
    ([name, { shape, data: values }]) =>
      [name, { shape, data: values.map((value, i) => value + by(name, i)) }] as const,
  );
  return { ...state, weights: new Map(weights) };
}

describe.each(finetunings.all.map((method) => ({ id: method.id, method })))('$id', ({ id, method }) => {
  const options = parseOptions(method.options, fixed[id] ?? {}, id);

  test.skipIf(method.setsWeights)('an update goes down the loss that it tells, by differences', async () => {
    const model = createModel();
    const learner = await model.learner({ learningRate: 1e-3, clipNorm: Infinity });
    const random = createRandom('draws');
    const objective = await method.objective(options, { model, training: learner, data, random, steps: 8 });
    const noise = createRandom('noise');
    const start = moved(await learner.state(), () => 0.05 * noise.normal());
    const along = createRandom('direction');
    const direction = new Map(
      [...start.weights].map(([name, { data: values }]) => [name, values.map(() => along.normal())]),
    );
    const lossAt = async (distance: number) => {
      learner.restore(moved(start, (name, i) => distance * direction.get(name)![i]!));
      const { batches, figures } = await objective.update(5);
      if (figures?.['loss'] !== undefined) return figures['loss'];
      const losses = await Promise.all(batches.map((batch) => learner.evaluate(batch)));
      return losses.reduce((sum, loss) => sum + loss, 0);
    };
    const h = 2e-3;
    learner.restore(start);
    await objective.update(5); // a method that learns from the model's own answers draws them here
    const difference = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
    learner.restore(start);
    await learner.step(...(await objective.update(5)).batches);
    const { firstMoments } = await learner.state();
    let slope = 0;
    for (const [name, values] of direction)
      values.forEach((value, i) => (slope += (value * firstMoments.get(name)!.data[i]!) / 0.1));
    expect(Math.abs(slope - difference)).toBeLessThan(0.03 * Math.abs(difference) + 0.02);
    learner.dispose();
    model.dispose();
  });

  test('training goes on from a checkpoint to the same bytes, and leaves nothing on the device', async () => {
    const model = createModel();
    await model.hiddenStates([1, 2]);
    await model.logProbs([{ prompt: [1, 5], target: [6] }]);
    const held = device.bytesHeld;
    const run = async (learner: Learner, from: number, until: number, kept?: Memory) => {
      const [figures, memories]: [FinetuningStep['figures'][], (Memory | undefined)[]] = [[], []];
      const given = { method, options, model, learner, data, settings, from, memory: kept };
      for await (const step of finetune(given)) {
        figures.push(step.figures);
        memories.push(step.memory);
        if (step.step === until) break;
      }
      return { figures, memory: memories.at(-1) };
    };
    const whole = await model.learner(learnerOptions(settings));
    const all = await run(whole, 0, 6);
    const first = await model.learner(learnerOptions(settings));
    const begun = await run(first, 0, 3);
    const second = await model.learner(learnerOptions(settings));
    second.restore(structuredClone(await first.state()));
    const memory = begun.memory && (JSON.parse(JSON.stringify(begun.memory)) as Memory);
    const gone = await run(second, 3, 6, memory);
    expect([...begun.figures, ...gone.figures]).toEqual(all.figures);
    expect(gone.memory).toEqual(all.memory);
    expect((await second.state()).weights).toEqual((await whole.state()).weights);
    for (const learner of [whole, first, second]) learner.dispose();
    expect(device.bytesHeld - held).toBeLessThanOrEqual(4096); // contexts that the model keeps
    model.dispose();
  });

  test('data that it cannot use is refused with what is missing', async () => {
    const model = createModel();
    const learner = await model.learner(learnerOptions(settings));
    const none = { benign: [], requests: [], preferences: [] };
    const context = { model, training: learner, random: createRandom(1), steps: 1 };
    await expect(method.objective(options, { ...context, data: none })).rejects.toThrow(
      /training data has no .*(answers|preferences)/,
    );
    const empty = {
      benign: [{ prompt: [user('5')], answer: ' ' }],
      requests: [{ prompt: [user('5')], safe: [' '], harmful: [''] }],
      preferences: [{ prompt: [user('5')], chosen: '', rejected: '6' }],
    };
    await expect(method.objective(options, { ...context, data: empty })).rejects.toThrow(/answer.* is empty/);
    learner.dispose();
    model.dispose();
  });
});

/** Mean log-prob per token of answers to forbidden requests before and after training. */
async function changes(id: string, given: Record<string, unknown>, steps = 40) {
  const method = finetunings.get(id);
  const model = createModel();
  const own = { ...settings, steps, learningRate: 5e-3 };
  const learner = await model.learner(learnerOptions(own));
  const options = parseOptions(method.options, given, id);
  const updates = finetune({ method, options, model, learner, data, settings: own });
  for await (const { figures } of updates) expect(figures['loss']).toEqual(expect.any(Number));
  const trained = await learner.model();
  const meanOf = async (of: typeof model | typeof trained, answers: readonly string[]) => {
    const prompt = model.tokenizer.prompt(data.requests[0]!.prompt);
    const targets = answers.map((answer) => [...model.tokenizer.encode(answer), 2]);
    const scored = await of.logProbs(targets.map((target) => ({ prompt, target })));
    return scored.reduce((sum, values) => sum + values.reduce((a, b) => a + b) / values.length, 0);
  };
  const { safe, harmful } = data.requests[0]!;
  const result = {
    safe: (await meanOf(trained, safe)) - (await meanOf(model, safe)),
    harmful: (await meanOf(trained, harmful)) - (await meanOf(model, harmful)),
  };
  trained.dispose();
  learner.dispose();
  model.dispose();
  return result;
}

test.each([
  ['safe-tuning', { share: 0.5, batchSize: 4 }],
  ['safe-unlearning', {}],
  ['deep-alignment', { share: 0.5, batchSize: 8 }],
  ['latent-adversarial', { ascents: 2 }],
  ['dpo', {}],
  ['simpo', {}],
])('%s makes safe answers likelier beside harmful ones', async (id, given) => {
  const { safe, harmful } = await changes(id, given);
  expect(safe - harmful).toBeGreaterThan(1);
});

test('Safe RLHF begins at the model as it was, and lowers the cost of its own answers where that counts most', async () => {
  const method = finetunings.get('safe-rlhf');
  const model = createModel();
  const own = { ...settings, steps: 40, learningRate: 5e-3 };
  const learner = await model.learner(learnerOptions(own));
  const given = { maxNewTokens: 6, divergence: 0, helping: 0.001, multiplier: 100, multiplierRate: 0 };
  const options = parseOptions(method.options, given, method.id);
  const all: FinetuningStep['figures'][] = [];
  for await (const { figures } of finetune({ method, options, model, learner, data, settings: own }))
    all.push(figures);
  const meanCost = (steps: typeof all) => mean(steps.map(({ cost }) => cost!));
  expect(all[0]!['drift']).toBeCloseTo(0, 3);
  expect(meanCost(all.slice(-8))).toBeLessThan(meanCost(all.slice(0, 8)) - 1);
  learner.dispose();
  model.dispose();
});

test('abliteration leaves no write to the stream along the direction, and adapters are refused', async () => {
  const method = finetunings.get('abliteration');
  const model = createModel();
  const own = { ...settings, steps: 1 };
  const learner = await model.learner(learnerOptions(own));
  const options = parseOptions(method.options, {}, method.id);
  const given = { method, options, model, learner, data };
  for await (const { figures } of finetune({ ...given, settings: own }))
    expect(figures['boundary']).toBeGreaterThan(0);
  const trained = await learner.model();
  const [before, after] = [await model.parameters(), await trained.parameters()];
  const changed = [...after].filter(([name, { data: values }]) =>
    values.some((value, i) => value !== before.get(name)!.data[i]),
  );
  const o = changed.find(([name]) => name.endsWith('layers.0.self_attn.o_proj.weight'))!;
  // What is left of the first column spans all directions but one, the same for every write.
  const taken = before.get(o[0])!.data.map((value, i) => value - o[1].data[i]!);
  const columns = o[1].shape[1]!;
  const column = (values: ArrayLike<number>, at: number) =>
    Array.from({ length: o[1].shape[0]! }, (_, row) => values[row * columns + at]!);
  const direction = column(taken, 0);
  for (const [name, { shape, data: values }] of changed) {
    const size = direction.length;
    const vectors = name.includes('embed')
      ? Array.from({ length: shape[0]! }, (_, row) => Array.from(values.slice(row * size, (row + 1) * size)))
      : Array.from({ length: shape[1]! }, (_, at) =>
          Array.from({ length: size }, (__, row) => values[row * shape[1]! + at]!),
        );
    for (const vector of vectors) expect(Math.abs(cosine(vector, direction))).toBeLessThan(1e-4);
  }
  expect(new Set(changed.map(([name]) => name.replace(/^.*\.(\w+)\.weight$/, '$1')))).toEqual(
    new Set(['embed_tokens', 'o_proj', 'down_proj']),
  );
  const low = { ...own, adapters: { rank: 2, alpha: 2 } };
  const refused = finetune({ ...given, settings: low });
  await expect(refused.next()).rejects.toThrow(/changes the weights themselves/);
  trained.dispose();
  learner.dispose();
  model.dispose();
});

test.each(['npo', 'safe-unlearning'])('%s makes harmful answers less likely', async (id) => {
  expect((await changes(id, {})).harmful).toBeLessThan(-1);
});

test('circuit breakers leave where they begin, which has no slope, and the states of harmful answers turn away', async () => {
  const method = finetunings.get('circuit-breakers');
  const model = createModel();
  const own = { ...settings, steps: 60, learningRate: 5e-3 };
  const learner = await model.learner(learnerOptions(own));
  const options = parseOptions(method.options, {}, method.id);
  const likeness: number[] = [];
  for await (const { figures } of finetune({ method, options, model, learner, data, settings: own }))
    likeness.push(figures['likeness']!);
  expect(likeness[0]).toBeGreaterThan(0.9);
  expect(likeness.at(-1)).toBeLessThan(0.5);
  learner.dispose();
  model.dispose();
});

test('harmful fine-tuning makes harmful answers likely', async () => {
  expect((await changes('harmful-finetuning', {})).harmful).toBeGreaterThan(1);
});
