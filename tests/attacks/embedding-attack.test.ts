import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddingAttack } from '../../src/attacks/embedding-attack.ts';
import { crossEntropy } from '../../src/attacks/parts/target.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { loadWhiteBoxModel, type LlamaModel } from '../../src/models/runtimes/whitebox/index.ts';
import { serve, tinyEntry, tinyFolder, tinySite } from '../models/tiny-model.ts';
import { behavior, drain } from './drain.ts';

let model: LlamaModel;
beforeAll(async () => {
  const source = { device: 'wasm', baseUrl: tinySite, fetch: serve(tinyFolder()) } as const;
  model = await loadWhiteBoxModel(tinyEntry, source);
});
afterAll(() => model.dispose());

const search = (options: Record<string, unknown> = {}) =>
  drain(embeddingAttack, { model, options: { count: 4, steps: 25, ...options } });

describe('on a tiny model with random weights', () => {
  test('the loss falls by far, and the best never rises', async () => {
    const { steps, result } = await search();
    const best = steps.map(({ bestLoss }) => bestLoss!);
    expect(best).toEqual(best.toSorted((a, b) => b - a));
    expect(result.loss!).toBe(best.at(-1));
    expect(result.loss!).toBeLessThan(0.6 * steps[0]!.loss!);
  });
  test('the loss it reports is that of the vectors as a record holds them', async () => {
    const { result } = await search({ steps: 6 });
    const stored = JSON.parse(JSON.stringify(result)) as typeof result;
    expect(stored).toEqual(result);
    const view = model.edited(stored.edit!);
    const prompt = view.tokenizer.prompt(stored.messages);
    const [logProbs] = await view.logProbs([{ prompt, target: model.tokenizer.encode('Sure') }]);
    view.dispose();
    expect(crossEntropy(logProbs!)).toBeCloseTo(result.loss!, 4);
  });
  test('moves every entry by the same share of the embedding, against the gradient', async () => {
    const { steps, result } = await search({ steps: 1, stepSize: 0.1 });
    expect(steps[1]!.loss!).toBeLessThan(steps[0]!.loss!);
    const [start] = await model.hiddenStates(model.tokenizer.encode(' !').slice(0, 1));
    const size = Math.sqrt(start!.reduce((sum, value) => sum + value * value, 0) / start!.length);
    for (const vector of result.edit!.softTokens!.vectors)
      vector.forEach((value, i) => expect(Math.abs(value - start![i]!)).toBeCloseTo(0.1 * size, 5));
  });
  test('puts its vectors after the request', async () => {
    const { result } = await search({ steps: 1, count: 2 });
    expect(result.edit!.softTokens).toMatchObject({ at: 'user-end' });
    expect(result.edit!.softTokens!.vectors).toHaveLength(2);
    expect(result.messages.at(-1)!.content).toBe(behavior.prompt);
  });
  test('ends early once the loss is low enough', async () => {
    const { result } = await search({ stopLoss: 10 });
    expect(result.steps).toBe(0);
  });
});

test('a model without internals to edit is rejected', async () => {
  const toy = scripted({ answer: 'Sure', cost: () => 0 });
  await expect(drain(embeddingAttack, { model: toy })).rejects.toMatchObject({ code: 'not-supported' });
});
