import { describe, expect, test } from 'vitest';
import { system, user } from '../../src/core/chat.ts';
import { locateSpan, replaceSpan, textOfSpan } from '../../src/models/prompt-span.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';

const inPrompt = (suffix: string) => [system('Be brief.'), user(`Tell a story ${suffix}`), user('Thanks.')];

describe('a tokenizer of characters', () => {
  const tokenizer = scriptedTokenizer();
  const span = locateSpan(tokenizer, inPrompt, '! ! !');

  test('the span spells the text and nothing else', () => {
    expect(tokenizer.decode(span.prompt.slice(span.start, span.end))).toBe('! ! !');
  });
  test('what is before, within and after the span makes up the prompt', () => {
    const { prompt, start, end } = span;
    expect(replaceSpan(span, prompt.slice(start, end))).toEqual(prompt);
    expect(prompt).toEqual(tokenizer.prompt(inPrompt('! ! !')));
  });
  test('is found when the text occurs elsewhere too', () => {
    const twice = locateSpan(tokenizer, (suffix) => [user(`! ! ! ${suffix} ! ! !`)], '! ! !');
    expect(twice.start).toBe(tokenizer.prompt([user('! ! ! ')]).length - 2);
    expect(twice.end - twice.start).toBe(5);
  });
});

describe('a tokenizer whose tokens bring their blank', () => {
  const tokenizer = scriptedTokenizer([' !', ' cat', ' dog', 'ca', ' d', 'og']);
  const span = locateSpan(tokenizer, inPrompt, '! !');
  const idOf = (piece: string) => tokenizer.vocabulary.indexOf(piece);

  test('the separator belongs to the span when it merges with the text', () => {
    expect(span.prompt.slice(span.start, span.end)).toEqual([idOf(' !'), idOf(' !')]);
  });
  test('ids that come back as themselves give their text', () => {
    const glued = (suffix: string) => [user(`Tell a story${suffix}`)];
    const at = locateSpan(tokenizer, glued, ' ! !');
    expect(textOfSpan(tokenizer, glued, at, [idOf(' cat'), idOf(' dog')])).toBe(' cat dog');
  });
  test('ids that would merge into others give none, even when their number stays the same', () => {
    const glued = (suffix: string) => [user(`Tell a story${suffix}`)];
    const at = locateSpan(tokenizer, glued, ' ! !');
    // " d" + "og" reads as one token " dog"; " " + "cat" as " cat".
    expect(textOfSpan(tokenizer, glued, at, [idOf(' d'), idOf('og')])).toBeNull();
    // "c" + "a" + … : three ids that come back as two.
    expect(textOfSpan(tokenizer, glued, at, [idOf('c'), idOf('a')])).toBeNull();
  });
});

test('a text that merges with its surroundings on both sides is refused', () => {
  const tokenizer = scriptedTokenizer(['y!', '!T']);
  expect(() => locateSpan(tokenizer, (suffix) => [user(`story${suffix}The end`)], '!')).toThrow(
    /merges "!" with the text around it/,
  );
});
