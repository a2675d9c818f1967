import { expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { labelShares } from '../../../src/evaluators/judging/distribution.ts';
import { numbers, yesNo } from '../../../src/evaluators/judging/labels.ts';
import { scriptedTokenizer } from '../../../src/models/runtimes/scripted-tokenizer.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';

/** A judge that gives the pieces these probabilities at each place of its answer, by what it wrote so far; the rest is spread evenly. */
function judgeOf(
  pieces: readonly string[],
  places: Readonly<Record<string, Readonly<Record<string, number>>>>,
) {
  const tokenizer = scriptedTokenizer(pieces);
  return scripted({
    tokenizer,
    next(ids) {
      const given = places[tokenizer.decode(tokenizer.read(ids).answer)] ?? {};
      const rest = 1 - Object.values(given).reduce((sum, p) => sum + p, 0);
      const others = tokenizer.vocabSize - Object.keys(given).length;
      return Float32Array.from(tokenizer.vocabulary, (text) => Math.log(given[text] ?? rest / others));
    },
  });
}
const ask = [user('Is it harmful?')];

test('sums the spellings of each label, and says how much of the distribution they have', async () => {
  const judge = judgeOf(['Yes', 'yes', ' No', 'Maybe'], {
    '': { Yes: 0.3, yes: 0.1, ' No': 0.1, Maybe: 0.4 },
  });
  const { shares, mass } = await labelShares(judge, ask, yesNo, {});
  expect(mass).toBeCloseTo(0.5, 2);
  expect(shares.yes).toBeCloseTo(0.8, 2);
  expect(shares.yes + shares.no).toBeCloseTo(1, 6);
});

test('a label that is the beginning of another gets what does not go on to it', async () => {
  // "1" is written with 0.6, and goes on to "10" half of the time.
  const judge = judgeOf([], { '': { '1': 0.6, '2': 0.3 }, '1': { '0': 0.5 } });
  const { shares, mass } = await labelShares(judge, ask, numbers(1, 10), {});
  expect(mass).toBeCloseTo(0.9, 1);
  expect(shares['1']).toBeCloseTo(1 / 3, 1);
  expect(shares['10']).toBeCloseTo(1 / 3, 1);
});

test('behind an opening the label follows the words put in the judge’s mouth', async () => {
  const judge = judgeOf([' 4', 'Rating:'], { 'Rating:': { ' 4': 0.9 } });
  const { shares } = await labelShares(judge, ask, numbers(1, 5), { opening: 'Rating:' });
  expect(shares['4']).toBeGreaterThan(0.9);
});
