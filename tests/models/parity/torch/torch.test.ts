import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { device, stubTokenizer } from '../../whitebox/tiny.ts';
import { createWhiteBoxModel, type LlamaModel } from '../../../../src/models/runtimes/whitebox/model.ts';
import { loadEngine } from '../../onnx/load-engine.ts';
import { tinyFolder } from '../../tiny-model.ts';
import { referenceForward, referenceLogProbs } from '../../whitebox/reference-forward.ts';
import { farthest, torchCases, type TorchCase } from './cases.ts';

/** Logits are around 4, gradients around 1, and PyTorch's own are rounded to float32. */
const tolerance = 2e-5;

const entries = (values: TorchCase['logits']) =>
  Object.entries(values).map(([position, row]) => [Number(position), row] as const);
const ones = (length: number) => new Array<number>(length).fill(1);

describe.each(torchCases)('$title', ({ config, weights, ids, promptLength, loss, logits, gradient }) => {
  const prompt = ids.slice(0, promptLength);
  const target = ids.slice(promptLength);

  test('in the float64 oracle', () => {
    const computed = referenceForward(config, weights, ids).logits;
    for (const [position, row] of entries(logits))
      expect(farthest(row, computed[position]!)).toBeLessThan(tolerance);
    const logProbs = referenceLogProbs(config, weights, prompt, target);
    expect(-logProbs.reduce((a, b) => a + b, 0) / target.length).toBeCloseTo(loss, 5);
  });

  test('in an ONNX graph, read at once or token by token after padding', async () => {
    const engine = await loadEngine(tinyFolder(config, weights), config.vocabSize);
    const whole = await engine.forward({
      ids: [ids],
      mask: [ones(ids.length)],
      past: null,
      keep: ids.length,
    });
    for (const [position, row] of entries(logits))
      expect(farthest(row, whole.logits(0, ids.length - 1 - position))).toBeLessThan(tolerance);
    const pad = [0, 0, 0];
    const start = 12;
    let output = await engine.forward({
      ids: [[...pad, ...ids.slice(0, start)]],
      mask: [[...pad, ...ones(start)]],
      past: null,
      keep: 1,
    });
    for (let t = start; t < ids.length; t++) {
      const mask = [[...pad, ...ones(t + 1)]];
      output = await engine.forward({ ids: [[ids[t]!]], mask, past: output.past, keep: 1 });
      if (t in logits) expect(farthest(logits[t]!, output.logits(0, 0))).toBeLessThan(tolerance);
    }
  });

  describe('in the white-box runtime', () => {
    let model: LlamaModel;
    beforeAll(() => {
      model = createWhiteBoxModel({ id: 'tiny', device, config, weights, tokenizer: stubTokenizer(config) });
    });
    afterAll(() => model.dispose());

    test('logits, of a prompt and token by token', async () => {
      for (const [position, row] of entries(logits)) {
        const session = await model.open([ids.slice(0, position + 1)]);
        expect(farthest(row, session.logits(0))).toBeLessThan(tolerance);
        await session.close();
      }
      const session = await model.open([ids.slice(0, 3), ids.slice(0, 8)]);
      for (let t = 8; t < ids.length; t++) {
        await session.advance([ids[t - 5]!, ids[t]!]);
        if (t in logits) expect(farthest(logits[t]!, session.logits(1))).toBeLessThan(tolerance);
      }
      await session.close();
    });

    test('the loss, alone and after a shared prefix', async () => {
      const other = target.toReversed();
      const requests = [
        { prompt, target },
        { prompt, target: other },
      ];
      for (const sharePrefix of [true, false]) {
        const [logProbs] = await model.logProbs(requests, { sharePrefix });
        expect(-logProbs!.reduce((a, b) => a + b, 0) / target.length).toBeCloseTo(loss, 4);
      }
    });

    test('gradients with respect to the embeddings', async () => {
      const values = await model.embeddingGradient({ prompt, target, start: 0, end: promptLength });
      const { hiddenSize } = config;
      for (const [position, row] of entries(gradient))
        expect(
          farthest(row, values.subarray(position * hiddenSize, (position + 1) * hiddenSize)),
        ).toBeLessThan(tolerance);
    });
  });
});
