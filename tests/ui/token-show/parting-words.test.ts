import { expect, test } from 'vitest';
import type { TokenTrace } from '../../../src/ui/types.ts';
import { endingWords, partingWords, plainPieces } from '../../../src/ui/token-show/parting-words.ts';
import { tokenPicture } from '../../../src/ui/token-show/token-picture.ts';

const option = (text: string, share: number) => ({ id: text.length, text, logProb: Math.log(share) });
const token = (text: string, share: number, policy?: TokenTrace['policy']): TokenTrace => ({
  ...option(text, share),
  top: [option(text, share)],
  ...(policy && { policy }),
});
const steered = token('I', 0.99, {
  id: 'safe-decoding',
  base: [option('Sure', 0.522), option('I', 0.4)],
  companions: [[option('I', 0.918)]],
});
const said = (answers: Parameters<typeof partingWords>[0]) => plainPieces(partingWords(answers));

test('the sentence names what base and expert wanted, with their shares, and what was said', () => {
  expect(said({ plain: [token('Sure', 0.52)], defended: [steered], parting: 0 })).toBe(
    'At the first token the base wants Sure (52%), the expert I (92%): merged, the model says I.',
  );
});

test('where the defense did not act the sentence says how the answers part', () => {
  expect(
    said({
      plain: [token('A', 1), token(' bell', 0.5)],
      defended: [token('A', 1), token(' gate', 0.5)],
      parting: 1,
    }),
  ).toBe('At token 2 the answers part: plain decoding says bell, the defended model gate.');
});

test('equal answers are called equal, and white space is made visible', () => {
  expect(said({ plain: [steered], defended: [steered], parting: null })).toMatch(/the same/);
  expect(said({ plain: [token('\n', 1)], defended: [token(' I', 1)], parting: 0 })).toContain('says ⏎');
});

test.each([
  ['Sure, here is how.', 'I cannot help with that.', 'answers without the defense and declines with it'],
  ['I cannot help with that.', 'I cannot help with that.', 'Both decline.'],
  ['Sure, here is how.', 'Sure, here is how.', 'Both answer'],
])('the ending follows from the answers: %s | %s', (plain, defended, words) => {
  expect(endingWords(plain, defended)).toContain(words);
});

test('the picture holds every token, escaped, and frames the one where the answers part', () => {
  const svg = tokenPicture({
    prompt: 'Say <b> & go',
    columns: [
      { title: 'Plain', tokens: [token('Sure', 0.5), token(' <i>', 0.2), token('\n', 1), token('1.', 1)] },
      { title: 'Defended', tokens: [steered] },
    ],
    parting: 0,
    distributions: [{ name: 'Base', tone: 'base', options: steered.policy!.base }],
    sentence: 'What happened.',
    source: 'Glovebox',
  });
  expect(svg).toContain('Say &lt;b&gt; &amp; go');
  for (const part of ['>Sure<', '&lt;i&gt;', '>1.<', '>I<', '>52.2%<', 'What happened.'])
    expect(svg).toContain(part);
  expect(svg.match(/stroke="#17191c"/g)).toHaveLength(2);
  expect(svg).not.toMatch(/NaN|undefined/);
});
