import { expect, test } from 'vitest';
import { checkRequest, type TrialRequest } from '../../../src/lab/plan/request.ts';
import { behavior } from '../run/harness.ts';

const request: TrialRequest = {
  model: 'toy',
  defenses: [],
  roles: {},
  sampling: { temperature: 0, topP: 1, maxNewTokens: 40 },
  seed: 0,
};
const sampling = (changes: object) => ({ sampling: { ...request.sampling, ...changes } });

test('a request has the ranges of a plan', () => {
  expect(() => checkRequest(request, behavior('a'))).not.toThrow();
  for (const [changes, reason] of [
    [sampling({ temperature: -1 }), /sampling\.temperature: .*>=0/],
    [sampling({ temperature: 3 }), /sampling\.temperature: .*<=2/],
    [sampling({ maxNewTokens: 0 }), /sampling\.maxNewTokens: .*>=1/],
    [sampling({ maxNewTokens: 1e9 }), /sampling\.maxNewTokens: .*<=4096/],
    [sampling({ topP: 0 }), /sampling\.topP/],
    [{ seed: -1 }, /seed: /],
    [{ topTokens: 500 }, /topTokens: .*<=20/],
    [{ model: '' }, /model: /],
  ] as const)
    expect(() => checkRequest({ ...request, ...changes }, behavior('a'))).toThrow(reason);
  expect(() => checkRequest(request, { ...behavior('a'), prompt: '' })).toThrow(/behavior\.prompt/);
  expect(() => checkRequest(request, { ...behavior('a'), target: '' })).toThrow(/behavior\.target/);
});
