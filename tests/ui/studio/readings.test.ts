import { describe, expect, test } from 'vitest';
import { dialoguesOf, answersOf } from '../../../src/ui/studio/readings/conversation.ts';
import { fieldsOf, lossesOf } from '../../../src/ui/studio/readings/fields.ts';
import { poolOf, populationOf } from '../../../src/ui/studio/readings/population.ts';
import { suffixOf } from '../../../src/ui/studio/readings/suffix.ts';
import { treeOf } from '../../../src/ui/studio/readings/tree.ts';
import { stepsOf, type StepKind } from '../fake-attack.ts';

const readings = {
  lossesOf,
  suffixOf,
  treeOf,
  dialoguesOf,
  answersOf,
  poolOf,
  populationOf,
} as const;
const fitting: Readonly<Record<StepKind, readonly (keyof typeof readings)[]>> = {
  gradient: ['lossesOf', 'suffixOf'],
  search: ['lossesOf', 'suffixOf'],
  tree: ['treeOf'],
  streams: ['dialoguesOf'],
  turns: ['dialoguesOf'],
  variants: ['answersOf'],
  pool: ['poolOf'],
  population: ['lossesOf', 'populationOf'],
};

test.each(Object.entries(fitting))(
  'steps of kind %s are drawn by the views of their shape alone',
  (kind, views) => {
    const steps = stepsOf(kind as StepKind, 'wake the stone giant');
    const fit = Object.entries(readings).filter(([, read]) => read(steps) !== null);
    expect(fit.map(([name]) => name)).toEqual(views);
  },
);

test.each(Object.entries(readings))('%s makes nothing of nonsense', (_, read) => {
  const odd = [null, 7, '', [], {}, NaN, { length: 3 }];
  const fields = [
    'suffix',
    'tokens',
    'gains',
    'node',
    'depth',
    'parent',
    'stream',
    'turn',
    'response',
    'seed',
  ];
  const more = ['operator', 'population', 'generation', 'variant', 'score', 'pool', 'pruned'];
  for (const value of odd)
    expect(() =>
      read([
        { step: 0 },
        { step: 1, detail: Object.fromEntries([...fields, ...more].map((field) => [field, value])) },
      ]),
    ).not.toThrow();
  expect(read([])).toBeNull();
});

describe('suffix', () => {
  test('tokens carry their gains, and those that were swapped just before are marked', () => {
    const steps = stepsOf('gradient', 'x', 5);
    const reading = suffixOf(steps)!;
    const [before, now] = steps.slice(-2).map(({ detail }) => detail!['tokens'] as readonly string[]);
    expect(reading.pieces.map(({ text }) => text)).toEqual(now);
    expect(reading.pieces.map(({ changed }) => changed)).toEqual(
      now!.map((token, i) => token !== before![i]),
    );
    expect(reading.largestGain).toBe(Math.max(...(steps.at(-1)!.detail!['gains'] as readonly number[])));
  });

  test.each([
    ['abc def', 'abX def', ['ab', 'X', ' def']],
    ['aaa', 'aaaa', ['aaa', 'a']],
    ['same', 'same', ['same']],
    ['', 'new', ['new']],
  ])('without tokens, from "%s" to "%s" only what differs is marked', (before, now, parts) => {
    const steps = [before, now].map((suffix, step) => ({ step, detail: { suffix } }));
    const { pieces } = suffixOf(steps)!;
    expect(pieces.map(({ text }) => text)).toEqual(parts);
    expect(pieces.map(({ text }) => text).join('')).toBe(now);
  });
});

describe('tree', () => {
  test('every parent stands before its children, whatever the order of the steps', () => {
    const steps = stepsOf('tree', 'x');
    const ids = (list: typeof steps) => treeOf(list)!.map(({ id }) => id);
    expect(ids(steps)).toEqual(['0', '1', '3', '6', '7', '4', '2', '5']);
    expect(new Set(ids(steps.toReversed()))).toEqual(new Set(ids(steps)));
    const nodes = treeOf(steps.toReversed())!;
    for (const [row, { parent }] of nodes.entries())
      if (parent !== null) expect(nodes.findIndex(({ id }) => id === parent)).toBeLessThan(row);
  });

  test('a later step about a node adds to the node', () => {
    const nodes = treeOf([
      { step: 0, candidate: 'ask', detail: { node: 1, depth: 0 } },
      { step: 1, detail: { node: 1, depth: 0, score: 4, pruned: 'off topic', response: 'Well.' } },
    ]);
    expect(nodes).toEqual([
      {
        id: '1',
        parent: null,
        depth: 0,
        score: 4,
        pruned: true,
        reason: 'off topic',
        prompt: 'ask',
        response: 'Well.',
      },
    ]);
  });

  test('a node that is its own parent, or whose parent never came, is a root', () => {
    const nodes = treeOf([
      { step: 0, detail: { node: 1, parent: 1, depth: 0 } },
      { step: 1, detail: { node: 2, parent: 9, depth: 3 } },
    ]);
    expect(nodes?.map(({ id }) => id)).toEqual(['1', '2']);
  });
});

test('streams stand side by side, each with its own turns in order', () => {
  const dialogues = dialoguesOf(stepsOf('streams', 'x'))!;
  expect(dialogues.map(({ name, turns }) => [name, turns.map(({ step }) => step)])).toEqual([
    ['Conversation 1', [0, 3, 6]],
    ['Conversation 2', [1, 4, 7]],
    ['Conversation 3', [2, 5, 8]],
  ]);
});

test('a single conversation marks the turns that were taken back', () => {
  const [dialogue, ...others] = dialoguesOf(stepsOf('turns', 'x'))!;
  expect(others).toEqual([]);
  expect(dialogue!.turns.map(({ undone }) => undone)).toEqual([false, false, true, false]);
});

test('a pool counts tries by seed and by operator, and says how large it is', () => {
  const { seeds, operators, size } = poolOf(stepsOf('pool', 'x'))!;
  const sum = (rows: typeof seeds) => rows.reduce((total, { tries }) => total + tries, 0);
  expect([sum(seeds), sum(operators), size]).toEqual([30, 30, 9]);
  expect(seeds.map(({ tries }) => tries)).toEqual(seeds.map(({ tries }) => tries).toSorted((a, b) => b - a));
});

test('members of a generation are ranked, and a score is not taken for a loss', () => {
  const { unit, generations } = populationOf([
    { step: 0, detail: { population: [{ prompt: 'b', score: 3 }, { prompt: 'a', score: 1 }, 'odd'] } },
  ])!;
  expect(unit).toBe('score');
  expect(generations[0]!.members).toEqual([
    { text: 'a', value: 1 },
    { text: 'b', value: 3 },
  ]);
});

test('a shape that no view knows is listed field by field', () => {
  expect(
    fieldsOf([{ step: 0, detail: { shots: 3, law: { a: 0.123456 }, share: 0.123456 } }, { step: 1 }]),
  ).toEqual([
    ['shots', '3'],
    ['law', '{"a":0.123456}'],
    ['share', '0.1235'],
  ]);
});

test('answers without a name are shown by their prompt, and refusals by their verdict', () => {
  const rows = answersOf([
    { step: 0, candidate: 'wAke it', detail: { response: 'No.', verdict: 'refused', tries: 1 } },
    { step: 1, candidate: 'x', detail: { variant: 'rot13', unsent: 'too long' } },
    { step: 2, candidate: 'y', detail: { tries: 2 } },
  ]);
  expect(rows).toMatchObject([
    { name: 'wAke it', refused: true, verdict: 'refused' },
    { name: 'rot13', refused: null, verdict: 'unsent', response: '' },
  ]);
});

test('members with an unknown value are left out of their generation', () => {
  const { generations } = populationOf([{ step: 0, detail: { losses: [2, null, 1] } }])!;
  expect(generations[0]!.members.map(({ value }) => value)).toEqual([1, 2]);
});
