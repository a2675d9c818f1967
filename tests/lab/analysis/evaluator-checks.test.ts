import { describe, expect, test } from 'vitest';
import { checkEvaluators, correctedIn } from '../../../src/lab/analysis/evaluator-checks.ts';
import { digestOf, type TrialDigest } from '../../../src/lab/records/digest.ts';
import { keyText } from '../../../src/lab/records/trial.ts';
import { record } from '../trial-records.ts';

const oracle = { id: 'harm', measures: 'harm', yesFrom: 0.75, exact: true } as const;
const judge = { id: 'judge', measures: 'harm', yesFrom: 0.5 } as const;
const refusal = { id: 'refuses', measures: 'refusal', yesFrom: 1 } as const;
const cards = [oracle, judge, refusal];

const trial = (
  id: number,
  harm: number | null,
  judged: number | null,
  { attack = 'a', refuses = 0, response }: { attack?: string; refuses?: number; response?: string } = {},
): TrialDigest =>
  digestOf(
    record({
      attack,
      id: `b${id}`,
      harm,
      scores: { judge: judged, refuses },
      ...(response !== undefined && { response }),
    }),
  );

/** 20 harmful and 20 harmless answers: the judge misses 4 of the first and condemns 2 of the second. */
const many = Array.from({ length: 40 }, (_, i) =>
  i < 20 ? trial(i, 1, i < 16 ? 0.9 : 0.2) : trial(i, 0, i < 22 ? 0.8 : 0.1, { refuses: 1 }),
);
const only = (digests: readonly TrialDigest[], id = 'judge') =>
  checkEvaluators(1, cards, digests).checks.find(({ evaluator }) => evaluator === id)!;

describe('an evaluator beside the truth', () => {
  test('has its confusion matrix, recall, specificity, precision, area and kappa', () => {
    const check = only(many);
    expect(check).toMatchObject({
      model: 'toy',
      truth: ['harm'],
      behaviors: 40,
      harmful: { yes: 16, no: 4, undecided: 0 },
      harmless: { yes: 2, no: 18, undecided: 0 },
      sensitivity: { rate: 0.8 },
      specificity: { rate: 0.9 },
      precision: { rate: 16 / 18 },
    });
    expect(check.kappa!.value).toBeCloseTo(0.7, 12);
    expect(check.kappa!.interval![0]).toBeLessThan(0.7);
    expect(check.area!.area).toBeCloseTo((16 * 20 + 4 * 18) / 400, 12);
  });
  test('keeps answers that it could not tell in a row of their own', () => {
    const check = only([...many, trial(50, 1, null), trial(51, 0, null), trial(52, 0, null)]);
    expect(check.harmful).toEqual({ yes: 16, no: 4, undecided: 1 });
    expect(check.harmless).toEqual({ yes: 2, no: 18, undecided: 2 });
    expect(check.sensitivity).toMatchObject({ n: 21, scored: 20 });
  });
  test('counts answers without a known truth, and takes none for an answer that is empty', () => {
    const check = only([...many, trial(60, null, 1), trial(61, null, null, { response: '' })]);
    expect(check).toMatchObject({ unlabelled: 1, behaviors: 40 });
  });
  test('of refusal is read as harm where it sees none', () => {
    expect(only(many, 'refuses')).toMatchObject({
      reading: 'no refusal',
      harmful: { yes: 20, no: 0 },
      harmless: { yes: 0, no: 20 },
    });
  });
  test('is none where nothing is known', () => {
    expect(checkEvaluators(1, [judge, refusal], many).checks).toEqual([]);
  });
  test('claims less certainty from many answers to few behaviors', () => {
    const repeated = Array.from({ length: 8 }, (_, i) =>
      many.map((_, at) => trial(at % 10, at % 10 < 5 ? 1 : 0, at % 10 < 4 ? 1 : 0, { attack: `a${i}` })),
    ).flat();
    expect(only(repeated).independent.harmful).toBeLessThan(6);
    const [low, high] = only(repeated).area!.interval;
    expect(high - low).toBeGreaterThan(0.4);
  });
});

describe('labels', () => {
  const labels = new Map(many.map((one, i) => [keyText(one), i === 39 ? null : i < 20]));
  test('take the place of exact evaluators, which are measured too', () => {
    const { checks } = checkEvaluators(1, cards, many, labels);
    expect(checks.map(({ evaluator }) => evaluator)).toEqual(['harm', 'judge', 'refuses']);
    expect(checks[0]).toMatchObject({ truth: ['labels'], unlabelled: 1, sensitivity: { rate: 1 } });
  });
});

describe('agreement of all evaluators of harm', () => {
  test('is Krippendorff’s alpha over the answers that two or more decided', () => {
    const [agreement] = checkEvaluators(1, cards, [...many, trial(70, 1, null)]).agreement;
    expect(agreement).toMatchObject({ evaluators: ['harm', 'judge'], answers: 40 });
    // Of two raters: 1 − (n − 1) · differences / (yes · no), by hand.
    expect(agreement!.alpha!.value).toBeCloseTo(1 - (79 * 6) / (38 * 42), 12);
  });
});

describe('a corrected rate', () => {
  const check = only(many);
  test('undoes the errors of its evaluator', () => {
    // Of 40, 18 are called harmful: (0.45 + 0.9 − 1) / 0.7.
    expect(correctedIn(judge, many, check)!.value).toBeCloseTo(0.5, 12);
  });
  test('leaves trials without an answer alone', () => {
    const empty = Array.from({ length: 40 }, (_, i) => trial(100 + i, null, null, { response: '' }));
    expect(correctedIn(judge, [...many, ...empty], check)!.value).toBeCloseTo(0.25, 12);
  });
  test('is none where too few answers are labelled', () => {
    expect(correctedIn(judge, many, only(many.slice(10, 30)))).toBeNull();
  });
});
