import { expect, test } from 'vitest';
import { insightFindings } from '../../../src/lab/analysis/figures/insight-findings.ts';
import type { InsideModel, InsightReport } from '../../../src/lab/records/insight.ts';

const area = (value: number, low: number) => ({
  ...{ area: value, interval: [low, Math.min(1, value + 0.1)] as const, positives: 30, negatives: 50 },
});
const layer = (boundary: number, word: string, probability: number) => ({
  ...{ boundary, watched: [], path: [], top: [{ text: word, probability }] },
});
const inside: InsideModel = {
  model: 'chat',
  tokens: [
    { text: ' stir', part: 'request' },
    { text: '', part: 'template' },
    { text: 'Sure', part: 'answer' },
  ],
  // Before the answer 8, between 2 and 10: three quarters of the way.
  projection: {
    values: [
      [0, 0, 0],
      [2, 8, 100],
    ],
    harmless: [0, 2],
    harmful: [0, 10],
  },
  lens: {
    at: [1],
    layers: [layer(0, 'x', 0.1), layer(1, 'Sure', 0.6), layer(2, 'I', 0.9), layer(3, 'I', 0.8)],
  },
  attention: {
    layers: [
      { layer: 1, prompt: 0.2, answer: null },
      { layer: 2, prompt: 0.6, answer: null },
    ],
    even: { prompt: 0.5, answer: null },
  },
  probe: [
    { boundary: 0, area: area(0.5, 0.3), shuffled: area(0.5, 0.3) },
    { boundary: 1, area: area(0.9, 0.8), shuffled: area(0.5, 0.3) },
  ],
  relearning: [],
};
const point = (position: number, value: number) => ({
  position,
  divergence: { value, interval: null },
  n: 20,
});
const reportOf = (depths: readonly number[] | null, model = inside): InsightReport => ({
  ...{ prompt: 'stir', watched: [], models: [model], comparable: true },
  depth: depths && depths.map((value, position) => point(position, value)),
});
const found = (depths: readonly number[] | null = null, model = inside) =>
  Object.fromEntries(
    Object.entries(insightFindings(reportOf(depths, model), (id) => `the ${id}`)).map(([part, sentences]) => [
      part,
      sentences.join(' ') || null,
    ]),
  );

test('each sentence says what its numbers say, with the name of the model', () => {
  const { projection, lens, attention, probe, depth } = found();
  expect(projection).toMatch(
    /^Right before its answer, the chat reads this text as harmful: 0\.75 in the last layer/,
  );
  expect(lens).toBe(
    'the chat begins with “I” (80%), which leads from layer 2 on. Up to layer 1 another word leads, there “Sure” (60%).',
  );
  expect(attention).toMatch(
    /gives 40% of its attention to the attack’s words, which are 50% .* most in layer 2 \(60%\)/,
  );
  expect(probe).toMatch(
    /^the chat, layer 1: area 0\.90 \(0\.80–1\.00, n = 80\): .* can be told from harmless ones/,
  );
  expect(depth).toBeNull();
});

test('how deep training reaches is told by the first tokens beside the later ones', () => {
  const [early, even, late] = [
    [5, 5, 5, 5, 5, 1, 1],
    [2, 2, 2, 2, 2, 2],
    [0.1, 0.1, 0.1, 0.1, 0.1, 1],
  ].map((depths) => found(depths).depth);
  expect(early).toMatch(
    /5\.00 nats .* 1\.00 from there on: training moved the opening, and little behind it\. They differ most at token 1 \(5\.0 nats\)/,
  );
  expect(even).toMatch(/goes on behind the opening/);
  expect(late).toMatch(/what comes later more than the opening/);
});

test('what could not be told is said so', () => {
  const dull: InsideModel = {
    ...inside,
    attention: null,
    projection: { ...inside.projection, harmful: [0, 2] },
    probe: [{ boundary: 0, area: area(0.6, 0.45), shuffled: area(0.5, 0.3) }],
  };
  const { projection, attention, probe } = found(null, dull);
  expect(projection).toMatch(/does not tell harmful requests from harmless ones/);
  expect(attention).toBeNull();
  expect(probe).toMatch(/a probe cannot tell forbidden requests/);
});
