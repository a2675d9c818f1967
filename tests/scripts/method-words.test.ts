import { describe, expect, test } from 'vitest';
import { readMethodWords, readStackWords } from '../../scripts/cli/method-words.ts';
import { readDefense, readStack } from '../../scripts/cli/choices.ts';
import { attackCommand } from '../../src/ui/links/command.ts';
import { plan } from '../ui/plan.ts';

describe('a method on the command line', () => {
  test.each<[text: string, options: object]>([
    ['m', {}],
    ['m:a=1,b=two words', { a: '1', b: 'two words' }],
    ['m:a=', { a: '' }],
    ['m:a=x=y', { a: 'x=y' }],
    ["m:a=Don't ask: {request}", { a: "Don't ask: {request}" }],
    ['m:a="kind, careful and honest",b=2', { a: 'kind, careful and honest', b: '2' }],
    [`m:a='say "yes", b=no'`, { a: 'say "yes", b=no' }],
    ['m:a="say \\"yes\\" to C:\\\\x"', { a: 'say "yes" to C:\\x' }],
    ['m:a=kind\\, careful\\\\,b=2', { a: 'kind, careful\\', b: '2' }],
    ['m:a=C:\\new', { a: 'C:\\new' }],
    ['m:a=A + B', { a: 'A + B' }],
    ['m:{"a":"x, y+z","b":[1,{"c":"}"}]}', { a: 'x, y+z', b: [1, { c: '}' }] }],
  ])('%j', (text, options) => {
    expect(readMethodWords(text)).toEqual({ id: 'm', options });
  });
  test.each([
    ['m:', /key=value[^]*quotes/],
    ['m:a', /key=value/],
    ['m:a=1, b=2', /key=value/],
    ['m:a=1,careful', /"careful" is not of the form key=value[^]*Put a value with commas/],
    ['m:a="open', /no closing quote/],
    ['m:a="shut"x', /stands behind the quotes/],
    ['m:{"a":1', /no closing brace/],
    ["m:{'a':1}", /not a JSON object/],
    ['m:{"a":1}x', /not part of a method/],
  ])('%j is refused', (text, reason) => {
    expect(() => readMethodWords(text)).toThrow(reason);
  });
  test('a stack is joined by pluses outside of quotes', () => {
    expect(readStackWords('a:t="A + B"+b:{"c":"d+e"}+c:x=1\\+1,y=2+d')).toEqual([
      { id: 'a', options: { t: 'A + B' } },
      { id: 'b', options: { c: 'd+e' } },
      { id: 'c', options: { x: '1+1', y: '2' } },
      { id: 'd', options: {} },
    ]);
    expect(readStack('self-reminder+safe-decoding:alpha=2')).toMatchObject([
      { id: 'self-reminder' },
      { options: { alpha: 2 } },
    ]);
  });
});

test('a command line that the app shows is read back as what it was', () => {
  for (const safePrompt of [
    'You are kind, careful and honest.',
    'A + B = "C" \\ D',
    "Don't, 'ever'.",
    '{"a": 1}',
    '',
    'two\nlines, no more',
  ]) {
    const options = { safePrompt };
    const rose = { ...plan, defenses: [{ name: 'rose', stack: [{ id: 'rose', options }] }] };
    const key = { model: 'tinytown-chat', behavior: 'x', attack: 'direct-request', defense: 'rose' };
    const command = attackCommand(rose, key);
    const [, word = ''] = /--defense ('(?:[^']|'\\'')*'|\S+)/.exec(command) ?? [];
    const unquoted = word.startsWith("'") ? word.slice(1, -1).replaceAll(`'\\''`, "'") : word;
    expect(readDefense(unquoted)).toEqual({ id: 'rose', options });
  }
});
