import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assistant, system, user } from '../../../src/core/chat.ts';
import type { ContrastPrompts } from '../../../src/core/contrast.ts';
import { parseOptions } from '../../../src/core/options.ts';
import { createRandom } from '../../../src/core/random.ts';
import { auroc } from '../../../src/core/statistics.ts';
import { cosine, meanOf } from '../../../src/core/vectors.ts';
import type { Artifact } from '../../../src/defenses/defense.ts';
import { gradSafe } from '../../../src/defenses/input/grad-safe.ts';
import {
  cosines,
  criticalSlices,
  likeness,
  type Slice,
} from '../../../src/defenses/input/grad-safe/slices.ts';
import type { ScoringRequest, Tensor } from '../../../src/models/language-model.ts';
import { learning, options } from '../defend.ts';
import { createTiny, defendWith } from '../white-box.ts';

let model: ReturnType<typeof createTiny>;
beforeAll(() => {
  model = createTiny();
});
afterAll(() => model.dispose());

const asking = { systemPrompt: '3', compliance: '20' };
const request = (words: string): ScoringRequest => ({
  prompt: model.tokenizer.prompt([system('3'), user(words)]),
  target: [20],
});

test('cosines are those of rows and of columns, and 0 for nothing', () => {
  const a = { shape: [2, 2], data: Float32Array.of(3, 4, 0, 0) };
  const b = { shape: [2, 2], data: Float32Array.of(4, 3, 5, 5) };
  expect([...cosines('row', a, b)]).toEqual([24 / 25, 0]);
  const columns = cosines('column', a, b);
  expect(columns[0]).toBeCloseTo(12 / (3 * Math.sqrt(41)), 12);
  expect(columns[1]).toBeCloseTo(12 / (4 * Math.sqrt(34)), 12);
});

describe('the critical slices', () => {
  const harmful = ['5 30 6', '7 30 8'];
  const harmless = ['5 9 6', '7 9 8'];

  /** Every slice of the gradients of every request, by name. */
  async function slicesOf(words: string) {
    const all = new Map<string, readonly number[]>();
    const put = (name: string, { shape, data }: Tensor) => {
      const [rows, columns] = shape as [number, number];
      const at = (row: number, column: number) => data[row * columns + column]!;
      for (let row = 0; row < rows; row++)
        all.set(
          `${name} row ${row}`,
          Array.from({ length: columns }, (_, column) => at(row, column)),
        );
      for (let column = 0; column < columns; column++)
        all.set(
          `${name} column ${column}`,
          Array.from({ length: rows }, (_, row) => at(row, column)),
        );
    };
    await model.weightGradients([request(words)], ({ name, values }) => put(name, values[0]!));
    return all;
  }
  const nameOf = ({ matrix, axis, index }: Slice) => `${matrix} ${axis} ${index}`;

  test('are those in which harmful requests are alike and harmless ones are not, as counted by hand', async () => {
    const [bad, good] = [await Promise.all(harmful.map(slicesOf)), await Promise.all(harmless.map(slicesOf))];
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const gaps = [...bad[0]!.keys()].map((name) => {
      const reference = meanOf(bad.map((all) => all.get(name)!));
      const alike = (kind: typeof bad) => mean(kind.map((all) => cosine(all.get(name)!, reference)));
      return { name, reference, gap: alike(bad) - alike(good) };
    });
    const expected = gaps.filter(({ gap }) => gap > 0.5).toSorted((a, b) => b.gap - a.gap);
    expect(expected.length).toBeGreaterThan(20);
    const given = { harmful: harmful.map(request), harmless: harmless.map(request) };
    const critical = await criticalSlices(model, given, { leastGap: 0.5, most: 15 }, {});
    expect(critical).toMatchObject({ found: expected.length, all: gaps.length });
    expect(critical.slices.map(nameOf)).toEqual(expected.slice(0, 15).map(({ name }) => name));
    critical.slices.forEach(({ reference }, i) =>
      expect(cosine(reference, expected[i]!.reference)).toBeCloseTo(1, 5),
    );
    const words = '11 30 12';
    const slices = await slicesOf(words);
    const likenesses = expected
      .slice(0, 15)
      .map(({ name, reference }) => cosine(slices.get(name)!, reference));
    expect(await likeness(model, critical.slices, request(words), {})).toBeCloseTo(mean(likenesses), 4);
  });
});

const words = (count: number, kind: string, salt: number) =>
  Array.from({ length: count }, (_, i) => `${5 + ((i * salt) % 7)} ${12 + (i % 9)} ${kind}`);
/** Harmful requests end in 30, harmless ones in 9. */
const contrast: ContrastPrompts = {
  harmful: words(10, '30', 3),
  harmless: words(10, '9', 3),
  calibration: words(12, '9', 5),
};
const chosen = { ...asking, gap: 0.5 };
const prepare = (given: ContrastPrompts, more: Readonly<Record<string, unknown>> = {}) =>
  gradSafe.prepare!(
    model,
    given,
    parseOptions(gradSafe.options, { ...chosen, ...more }, 'grad-safe'),
    learning('references'),
  );
interface Learned {
  readonly slices: readonly Slice[];
  readonly calibration: { readonly threshold: number; readonly benign: number; readonly flagged: number };
}

describe('the defense', () => {
  let artifact: Artifact;
  beforeAll(async () => {
    artifact = await prepare(contrast);
  });
  const learned = () => artifact as unknown as Learned;
  const ask = (text: string, given = artifact, more = {}) =>
    defendWith(gradSafe, model, given, { ...chosen, ...more }).generate([user(text)], {
      ...options,
      maxNewTokens: 1,
    });

  test('flags as many benign requests as it says, and no more than allowed', async () => {
    expect(learned().calibration).toMatchObject({ benign: 12, texts: 'calibration' });
    const replies = [];
    for (const text of contrast.calibration!) replies.push(await ask(text));
    const blocked = replies.filter(({ finishReason }) => finishReason === 'blocked').length;
    expect(blocked).toBe(learned().calibration.flagged);
    expect(blocked).toBeLessThanOrEqual(12 * 0.05);
  });
  test('has a curve of harmful requests that are no references', async () => {
    const order = createRandom('references').shuffle([...contrast.harmful.keys()]);
    const score = (text: string) => likeness(model, learned().slices, request(text), {});
    const [held, benign]: [number[], number[]] = [[], []];
    for (const i of order.slice(2)) held.push(await score(contrast.harmful[i]!));
    for (const text of contrast.calibration!) benign.push(await score(text));
    expect(artifact['roc']).toMatchObject({ area: auroc(held, benign)!.area, positives: 8, negatives: 12 });
  });
  test('declines by the turn that is most alike, and says what it compared', async () => {
    const [harmful, harmless] = ['6 14 30', '6 14 9'];
    const score = (text: string) => likeness(model, learned().slices, request(text), {});
    expect(await score(harmful)).toBeGreaterThan(await score(harmless));
    const reply = await defendWith(gradSafe, model, artifact, chosen).generate(
      [user(harmful), assistant('20'), user(harmless)],
      { ...options, maxNewTokens: 1 },
    );
    const detail = reply.events[0]!.detail!;
    expect(detail['cosine']).toBeCloseTo(await score(harmful), 4);
    expect(detail).toMatchObject({
      threshold: learned().calibration.threshold,
      slices: learned().slices.length,
    });
    expect(reply.events[0]!.cost!.queries).toBe(2);
    const highest = await score(harmful);
    for (const margin of [-0.01, 0.01]) {
      const calibration = { ...learned().calibration, threshold: highest + margin };
      const { finishReason } = await ask(harmful, { ...artifact, calibration });
      expect(finishReason === 'blocked').toBe(margin < 0);
    }
  });
  test('takes a threshold by hand without calibrating one', async () => {
    const given = await prepare(contrast, { threshold: 0.25 });
    expect(given).toMatchObject({ calibration: null, roc: null, slices: artifact['slices'] });
    const reply = await ask('6 14 30', given, { threshold: 0.25 });
    expect(reply.events[0]!.detail).toMatchObject({ threshold: 0.25 });
    expect(reply.events[0]!.detail).not.toHaveProperty('calibratedOn');
    expect(() => defendWith(gradSafe, model, given, chosen)).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  });
  test('reads the user’s own words, and the model as an attack’s edit has it', async () => {
    const defended = defendWith(gradSafe, model, artifact, chosen);
    const few = { ...options, maxNewTokens: 1 };
    const cosineOf = async (turn: ReturnType<typeof user>, more = {}) =>
      (await defended.generate([turn], { ...few, ...more })).events[0]!.detail!['cosine'] as number;
    const plain = await cosineOf(user('6 14 9'));
    expect(await cosineOf({ ...user('30 30 6 14 9 30'), own: [[6, 12]] })).toBe(plain);
    const ablate = [...(await model.embeddings([9]))];
    expect(await cosineOf(user('6 14 9'), { edit: { residual: [{ ablate }] } })).not.toBeCloseTo(plain, 4);
  });
  test('is never calibrated on a reference', async () => {
    const { calibration: _, ...pairs } = contrast;
    expect(await prepare(pairs)).toMatchObject({ calibration: { benign: 8, texts: 'contrast' } });
    await expect(prepare({ harmful: ['5 30'], harmless: ['5 9'] })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('calibrate'),
    });
  });
  test('says when no slice tells the references apart', async () => {
    await expect(prepare(contrast, { gap: 2 })).rejects.toMatchObject({
      code: 'bad-input',
      advice: expect.stringContaining('gap'),
    });
  });
  test('refuses slices of another model', async () => {
    const [first] = learned().slices;
    for (const wrong of [
      { ...first!, matrix: 'model.layers.7.mlp.up_proj.weight' },
      { ...first!, reference: [1, 2] },
    ])
      await expect(ask('5 6', { ...artifact, slices: [wrong] })).rejects.toMatchObject({ code: 'bad-input' });
    expect(() => defendWith(gradSafe, model, {}, chosen)).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  });
});
