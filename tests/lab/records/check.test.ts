import { describe, expect, test } from 'vitest';
import { recordProblem } from '../../../src/lab/records/check.ts';
import type { TrialRecord } from '../../../src/lab/records/trial.ts';
import { smallRun } from '../small-run.ts';

const { records } = smallRun({ defenses: [{ stack: [{ id: 'safe-decoding' }] }] });
const record = records.find(({ tokens, events }) => tokens[0]?.policy !== undefined && events.length > 0)!;
/** The record with another value in one place; `tokens.0.id`, say. */
function changed(path: string, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(record)) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop()!;
  let at = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  at[last] = value;
  return copy;
}

test('the records of a run pass, as do those with fields of a newer release', () => {
  expect(records.map(recordProblem)).toEqual(records.map(() => null));
  for (const path of [
    'mood',
    'usage.target.joules',
    'behaviorDetail.source',
    'tokens.0.rank',
    'times.queueMs',
  ])
    expect(recordProblem(changed(path, { any: ['thing'] })), path).toBeNull();
});

test('an infinite loss, which JSON holds as null, passes', () => {
  for (const path of ['attackResult.loss', 'tokens.0.entropy', 'tokens.0.policy.divergence'])
    expect(recordProblem(changed(path, null)), path).toBeNull();
});

describe('a damaged field is named', () => {
  test.each([
    ['version', 2],
    ['behaviorDetail.kind', 'harmless'],
    ['behaviorDetail.id', 7],
    ['attackResult.messages.0.role', 'tool'],
    ['attackResult.messages.0.content', null],
    ['attackResult.steps', '1'],
    ['attackResult.claimed', 'yes'],
    ['attackSteps', {}],
    ['response', null],
    ['finishReason', 'tired'],
    ['events.0.action', 'slept'],
    ['events.0.reason', 1],
    ['scores.tinytown-oracle.value', 2],
    ['scores.tinytown-oracle.label', null],
    ['usage.target', null],
    ['usage.target.queries', 'x'],
    ['usage.target.queries', -1],
    ['usage.target.promptTokens', 1e308],
    ['attackUsage.target.completionTokens', Number.NaN],
    ['times.answerMs', -1],
    ['times.scoreMs', 1e308],
    ['times.firstTokenMs', null],
    ['tokens', 'none'],
    ['tokens.0', null],
    ['tokens.0.id', -1],
    ['tokens.0.text', 4],
    ['tokens.0.logProb', null],
    ['tokens.0.top', undefined],
    ['tokens.0.top.1.id', 1.5],
    ['tokens.0.policy.base.0.logProb', '−1'],
    ['tokens.0.policy.companions.0.0.text', undefined],
    ['seed', 0],
  ])('%s = %j', (path, value) => {
    expect(recordProblem(changed(path, value))).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: .`));
  });
  test.each([null, 7, 'text', [], {}])('%j is no record', (value) => {
    expect(recordProblem(value)).not.toBeNull();
  });
});

test('a message stays short, whatever stands in the record', () => {
  const long = 'x'.repeat(1_000_000);
  const scores = { [long]: { value: long, label: '', explanation: '' } } as unknown as TrialRecord['scores'];
  expect(recordProblem({ ...record, scores })!.length).toBeLessThan(500);
  expect(recordProblem({ ...record, finishReason: long })!.length).toBeLessThan(500);
});
