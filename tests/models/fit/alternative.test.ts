import { expect, test } from 'vitest';
import { bestAlternative, type Candidate } from '../../../src/models/fit/alternative.ts';
import type { FitVerdict } from '../../../src/models/fit/fit.ts';

const candidate = (id: string, parameters: number, verdict: FitVerdict, family = 'a'): Candidate => ({
  id,
  title: id,
  model: id.split('/')[0]!,
  family,
  kind: 'generator',
  parameters,
  fit: { verdict, reasons: [], memoryBytes: null, secondsPer100Tokens: null },
});
const wanted = candidate('big/f16', 3, 'will not run');
const best = (...others: Candidate[]) => bestAlternative(wanted, [wanted, ...others])?.id ?? null;

test('another build of the model comes first, then its family, then the largest that runs', () => {
  const others = [
    candidate('other', 2.5, 'will run', 'b'),
    candidate('small', 1, 'will run'),
    candidate('smaller', 0.5, 'will run'),
  ];
  expect(best(...others, candidate('big/f32', 3, 'will run'))).toBe('big/f32');
  expect(best(...others)).toBe('small');
  expect(best(others[0]!, candidate('tiny', 0.1, 'will run', 'b'))).toBe('other');
});

test('a larger model, a slow one, and one of another kind are no alternative', () => {
  const judge = { ...candidate('judge', 1, 'will run'), kind: 'judge' };
  expect(best(candidate('huge', 9, 'will run'), candidate('slow', 1, 'will be slow'), judge)).toBeNull();
});
