import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assistant, user } from '../../../src/core/chat.ts';
import type { ContrastPrompts } from '../../../src/core/contrast.ts';
import { crossEntropy, fitLogistic, logOdds, sigmoid } from '../../../src/core/logistic.ts';
import { parseOptions } from '../../../src/core/options.ts';
import { createRandom } from '../../../src/core/random.ts';
import { auroc } from '../../../src/core/statistics.ts';
import { splitContrast } from '../../../src/defenses/consulting/split.ts';
import type { Artifact } from '../../../src/defenses/defense.ts';
import { linearProbe } from '../../../src/defenses/input/linear-probe.ts';
import { seenModel } from '../../../src/defenses/seen-model.ts';
import { stackView } from '../../../src/defenses/stack.ts';
import { lastStreams } from '../../../src/models/directions.ts';
import type { WhiteBoxModel } from '../../../src/models/language-model.ts';
import { learning, options, playing } from '../defend.ts';
import { createTiny, defendWith } from '../white-box.ts';

let model: ReturnType<typeof createTiny>;
beforeAll(() => {
  model = createTiny();
});
afterAll(() => model.dispose());

const words = (count: number, kind: string, salt: number) =>
  Array.from({ length: count }, (_, i) => `${5 + ((i * salt) % 7)} ${12 + (i % 9)} ${kind}`);
/** Harmful requests end in 30, harmless ones in 9. */
const contrast: ContrastPrompts = {
  harmful: words(16, '30', 3),
  harmless: words(16, '9', 3),
  calibration: words(20, '9', 5),
};
const prepare = (
  given: ContrastPrompts,
  { chosen = {}, on = model as WhiteBoxModel, onProgress = () => {} } = {} as {
    chosen?: Readonly<Record<string, unknown>>;
    on?: WhiteBoxModel;
    onProgress?: (done: number, total: number) => void;
  },
) =>
  linearProbe.prepare!(
    on,
    given,
    parseOptions(linearProbe.options, chosen, 'linear-probe'),
    learning('split', { onProgress }),
  );

interface Learned {
  readonly boundary: number;
  readonly weights: readonly number[];
  readonly bias: number;
  readonly threshold: number;
}

describe('what it learns', () => {
  let artifact: Artifact;
  beforeAll(async () => {
    artifact = await prepare(contrast);
  });
  const parts = splitContrast(contrast, createRandom('split'));
  const states = async (texts: readonly string[], boundary: number) =>
    (await lastStreams(model, texts)).map((stream) => stream[boundary]!);

  test('is the regression on the training pairs, at the layer that is best on the validation pairs', async () => {
    const { boundary, weights, bias } = artifact as unknown as Learned;
    const fits = [];
    for (const layer of [1, 2, 3]) {
      const points = [
        ...(await states(
          parts.training.map(({ harmful }) => harmful),
          layer,
        )),
        ...(await states(
          parts.training.map(({ harmless }) => harmless),
          layer,
        )),
      ];
      const targets = points.map((_, i) => Number(i < parts.training.length));
      const fit = fitLogistic(points, targets, { ridge: 0.01 });
      const above = await states(
        parts.validation.map(({ harmful }) => harmful),
        layer,
      );
      const below = await states(
        parts.validation.map(({ harmless }) => harmless),
        layer,
      );
      const loss =
        [
          ...above.map((state) => crossEntropy(logOdds(fit, state), 1)),
          ...below.map((state) => crossEntropy(logOdds(fit, state), 0)),
        ].reduce((sum, value) => sum + value, 0) /
        (2 * above.length);
      const odds = (all: typeof above) => all.map((state) => logOdds(fit, state));
      fits.push({ layer, fit, loss, area: auroc(odds(above), odds(below))!.area });
    }
    const best = fits.toSorted((a, b) => b.area - a.area || a.loss - b.loss)[0]!;
    expect(boundary).toBe(best.layer);
    weights.forEach((weight, k) => expect(weight).toBeCloseTo(best.fit.weights[k]!, 4));
    expect(bias).toBeCloseTo(best.fit.bias, 4);
    expect(artifact['validation']).toMatchObject({ pairs: 3, area: best.area });
  });
  test('has a curve of harmful requests that it never saw against the benign ones of the calibration', async () => {
    const { boundary, ...fit } = artifact as unknown as Learned;
    const odds = async (texts: readonly string[]) =>
      (await states(texts, boundary)).map((state) => logOdds(fit, state));
    const held = await odds(parts.heldOut.map(({ harmful }) => harmful));
    const expected = auroc(held, await odds(contrast.calibration!))!;
    expect(artifact['roc']).toMatchObject({ area: expected.area, positives: 4, negatives: 20 });
    const own = await odds(parts.heldOut.map(({ harmless }) => harmless));
    expect(artifact['pairArea']).toBe(auroc(held, own)!.area);
  });
  test('never reads a request for two purposes', () => {
    const used = [parts.training, parts.validation, parts.heldOut].map((pairs) =>
      pairs.map(({ harmful, harmless }) => `${harmful}|${harmless}`),
    );
    expect(used.map(({ length }) => length)).toEqual([9, 3, 4]);
    expect(used.flat().toSorted()).toEqual(
      contrast.harmful.map((text, i) => `${text}|${contrast.harmless[i]}`).toSorted(),
    );
  });
  test('flags no more benign requests than allowed', async () => {
    for (const falsePositives of [0, 0.1, 0.5]) {
      const learned = await prepare(contrast, { chosen: { falsePositives } });
      expect(learned).toMatchObject({ benign: 20, texts: 'calibration' });
      const defended = defendWith(linearProbe, model, learned);
      const replies = await Promise.all(
        contrast.calibration!.map((text) => defended.generate([user(text)], { ...options, maxNewTokens: 1 })),
      );
      const blocked = replies.filter(({ finishReason }) => finishReason === 'blocked').length;
      expect(blocked).toBeLessThanOrEqual(20 * falsePositives);
      expect(blocked).toBe(learned['flagged']);
    }
  });
  test('is calibrated on held-out pairs where no texts are set aside, and on nothing that it learned from', async () => {
    const { calibration: _, ...pairs } = contrast;
    expect(await prepare(pairs)).toMatchObject({ benign: 4, texts: 'contrast', training: 9 });
    const one = { harmful: ['5 30'], harmless: ['5 9'] };
    await expect(prepare(one)).rejects.toMatchObject({ code: 'bad-input' });
    expect(await prepare({ ...one, calibration: ['7 9'] })).toMatchObject({ roc: null, pairArea: null });
  });
  test('says how far it is, and is the same each time', async () => {
    const seen: (readonly [number, number])[] = [];
    const again = await prepare(contrast, { onProgress: (...at) => void seen.push(at) });
    expect(again).toEqual(artifact);
    expect(seen.at(0)).toEqual([1, 52]);
    expect(seen.at(-1)).toEqual([52, 52]);
  });
});

describe('the defense', () => {
  test('declines by the probability of the probe, of the worst user turn, and says what it read', async () => {
    const artifact = await prepare(contrast);
    const learned = artifact as unknown as Learned;
    const defended = defendWith(linearProbe, model, artifact);
    const [harmful, harmless] = ['6 14 30', '6 14 9'];
    const talk = [user(harmful), assistant('20'), user(harmless)];
    const reply = await defended.generate(talk, { ...options, maxNewTokens: 2 });
    const states = await lastStreams(model, [harmful, harmless]);
    const probabilities = states.map((stream) => sigmoid(logOdds(learned, stream[learned.boundary]!)));
    expect(probabilities[0]).toBeGreaterThan(probabilities[1]!);
    expect(reply.finishReason).toBe('blocked');
    const [event] = reply.events;
    expect(event).toMatchObject({ action: 'blocked', cost: { queries: 2 } });
    expect(event!.detail!['probability']).toBeCloseTo(probabilities[0]!, 6);
    expect(event!.detail).toMatchObject({ boundary: learned.boundary, threshold: learned.threshold });
    const passed = await defended.generate([user(harmless)], { ...options, maxNewTokens: 2 });
    expect(passed.events).toMatchObject([{ action: 'passed', cost: { queries: 1 } }]);
  });
  test('reads the user’s own words, not what another defense put around them', async () => {
    const artifact = await prepare(contrast);
    const defended = defendWith(linearProbe, model, artifact);
    const ask = async (turn: ReturnType<typeof user>) =>
      (await defended.generate([turn], { ...options, maxNewTokens: 2 })).events[0]!.detail!['probability'];
    const framed = { ...user('30 30 6 14 9 30'), own: [[6, 12]] as const };
    expect(await ask(framed)).toBe(await ask(user('6 14 9')));
  });
  test('reads the model as an attack’s edit has it', async () => {
    const artifact = await prepare(contrast);
    const { boundary, weights } = artifact as unknown as Learned;
    const asked = [user('6 14 30')];
    const ablated = { residual: [{ boundaries: [boundary], ablate: [...weights] }] };
    const defended = defendWith(linearProbe, model, artifact);
    const plain = await defended.generate(asked, { ...options, maxNewTokens: 2 });
    const edited = await defended.generate(asked, { ...options, maxNewTokens: 2, edit: ablated });
    expect(edited.events[0]!.detail!['probability']).not.toBeCloseTo(
      plain.events[0]!.detail!['probability'] as number,
      3,
    );
  });
  test.each([undefined, {}, { threshold: 0.5 }])('refuses what it did not learn: %j', (wrong) => {
    expect(() => defendWith(linearProbe, model, wrong)).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  });
  test('refuses a probe of a model of another shape before the first request', async () => {
    const artifact = await prepare(contrast);
    const narrow = { ...artifact, weights: (artifact as unknown as Learned).weights.slice(1) };
    for (const wrong of [narrow, { ...artifact, boundary: 9 }])
      expect(() => defendWith(linearProbe, model, wrong)).toThrow(
        expect.objectContaining({ code: 'not-supported' }),
      );
  });
});

describe('what it shows of itself to an attack that adapts', () => {
  const text = '6 12 7 30';
  const ids = [12, 7];
  const viewOf = async (chosen = {}) => {
    const artifact = { ...(await prepare(contrast)), ...chosen };
    const view = linearProbe.view!(model, parseOptions(linearProbe.options, {}, 'linear-probe'), {
      ...playing({}),
      artifact,
    });
    return { view, artifact: artifact as Artifact & Learned };
  };

  test('is the gradient of the log-odds for each token, by finite differences', async () => {
    const { view, artifact } = await viewOf();
    const gradient = (await view.excessGradient!([user(text)], ids, {}))!;
    const width = 16;
    const { vocabSize } = model.tokenizer;
    const words = model.tokenizer.encode(text);
    const table = await model.embeddings([...Array(vocabSize).keys()]);
    const oddsAt = async (place: number, token: number, step: number) => {
      const vectors = words.map((id, i) =>
        Array.from({ length: width }, (_, k) => {
          const toward = i === place ? step * table[token * width + k]! : 0;
          return table[id * width + k]! + toward;
        }),
      );
      const moved = model.edited({ softTokens: { vectors, at: 'user-text' } });
      const [stream] = await lastStreams(moved, ['0']);
      moved.dispose();
      return logOdds(artifact, stream![artifact.boundary]!);
    };
    const step = 1e-3;
    for (const [row, token] of [
      [0, 3],
      [0, 20],
      [1, 9],
      [1, 30],
    ] as const) {
      const slope =
        ((await oddsAt(row + 1, token, step)) - (await oddsAt(row + 1, token, -step))) / (2 * step);
      const found = gradient[row * vocabSize + token]!;
      expect(Math.abs(slope - found)).toBeLessThan(0.02 * Math.max(1, Math.abs(found)));
    }
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0.1);
  });
  test('is nothing for tokens that it does not read', async () => {
    const { view } = await viewOf();
    expect(await view.excessGradient!([user(text)], [7, 12], {})).toBeNull();
  });
  test('is a term of the gradient of a request that it turns away, and of no other', async () => {
    const chosen = (threshold: number) => ({ defense: linearProbe, artifact: { ...artifact, threshold } });
    const { artifact } = await viewOf();
    const gradientBehind = async (threshold: number, gradients: { detectorGradients?: true }) => {
      const { view } = stackView(model, [chosen(threshold)], playing({}));
      const seen = seenModel(model as WhiteBoxModel, view, {
        seed: '',
        generate: model.generate,
        ...gradients,
      });
      const prompt = seen.tokenizer.prompt([user(text)]);
      const start = prompt.indexOf(12);
      return seen.tokenGradient({ prompt, target: [11, 13], start, end: start + 2 });
    };
    const bare = await gradientBehind(1 - 1e-12, { detectorGradients: true });
    const behind = await gradientBehind(1e-12, { detectorGradients: true });
    expect(await gradientBehind(1e-12, {})).toEqual(bare);
    const { view } = await viewOf();
    const term = (await view.excessGradient!([user(text)], ids, {}))!;
    behind.forEach((value, i) => expect(value).toBeCloseTo(bare[i]! + term[i]!, 4));
  });
});
