import { expect, test } from 'vitest';
import { secretFigures } from '../../../scripts/results/secrets.ts';
import { heldOutSituations } from '../../../src/data/secrets/world.ts';
import { secrets } from '../../../src/data/secrets/behaviors.ts';
import type { Behavior } from '../../../src/core/behavior.ts';
import { record } from '../../lab/trial-records.ts';

const ofKind = (kind: Behavior['kind']) => secrets.behaviors.filter((behavior) => behavior.kind === kind);
const trial = (behaviorDetail: Behavior, response: string, defense = 'none') => ({
  ...record({ attack: 'direct-request', id: behaviorDetail.id, response, defense }),
  behaviorDetail,
});
const [first, second] = ofKind('harmful') as [Behavior, Behavior];
const harmless = ofKind('benign')[0]!;

test('secrets that were told are counted by how they are written, and those that nobody asked for apart', () => {
  const figures = secretFigures([
    trial(first, `It is "${first.secret!}".`),
    trial(first, `It is ${[...first.secret!].reverse().join('')}.`, 'rose'),
    trial(second, 'I would rather not say.'),
    trial(second, `The word is "${heldOutSituations.find(({ id }) => id === second.id)!.open.word}".`),
    trial(harmless, `The door is green. The password is ${harmless.secret!}.`),
    trial(harmless, 'The door is green.', 'rose'),
    { ...trial(second, ''), finishReason: 'failed' },
  ]);
  expect(figures).toMatchObject({
    trials: 7,
    failed: 1,
    asked: [first.id, second.id],
    forms: { plain: 1, reversed: 1 },
    partial: 0,
    kept: { answers: 2, withOpenWord: 1 },
    unasked: [
      { defense: 'none', successes: 1, n: 1 },
      { defense: 'rose', successes: 0, n: 1 },
    ],
  });
});

test('a secret of another behavior in an answer is a false alarm of the search', () => {
  const { searched, found } = secretFigures([trial(first, `It is ${second.secret!}.`)]).falseAlarms;
  expect([searched, found]).toEqual([heldOutSituations.length - 1, 1]);
});
