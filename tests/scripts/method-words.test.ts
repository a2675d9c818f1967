import { describe, expect, test } from 'vitest';
import { readMethodWords, readStackWords } from '../../scripts/cli/method-words.ts';
import { readDefense, readOptions, readStack } from '../../scripts/cli/choices.ts';
import type { Option } from '../../src/core/options.ts';
import { registries } from '../../src/lab/trials/registries.ts';
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

/** Values that the separators, the quotes and the JSON of the command line could swallow. */
const awkwardTexts = [
  'a, b=c',
  'A + B',
  '"',
  "'",
  '\\',
  'x\\',
  '\\,',
  '{"a":1}',
  ' ',
  '',
  '-1',
  'true',
  'a:b',
  '$HOME `x`\n',
];

function valuesOf(option: Option): readonly unknown[] {
  switch (option.type) {
    case 'boolean':
      return [true, false];
    case 'choice':
      return option.choices;
    case 'text':
      return awkwardTexts;
    case 'integer':
      return [option.min, option.max];
    case 'number':
      return [option.min, option.max, option.min + (option.max - option.min) / 3, 1e-7];
    default:
      return option satisfies never;
  }
}

/** The words that a POSIX shell makes of a command line. */
const shellWords = (command: string): readonly string[] =>
  [...command.matchAll(/(?:'[^']*'|\\'|[^\s'])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|\\'/g, (_, inside?: string) => inside ?? "'"),
  );

/** What stands behind each `flag` of a command line. */
const behind = (flag: string, command: string): readonly string[] =>
  shellWords(command).flatMap((word, at, words) => (words[at - 1] === flag ? [word] : []));

const trialKey = { model: 'tinytown-chat', behavior: 'x' };

test.each(registries.defenses.all)(
  'every option of $id is read back from the app',
  ({ id, options: spec }) => {
    for (const [name, option] of Object.entries(spec))
      for (const value of valuesOf(option)) {
        const stack = [{ id, options: { [name]: value } }];
        const defended = { ...plan, defenses: [{ name: 'd', stack }] };
        const command = attackCommand(defended, { ...trialKey, attack: 'direct-request', defense: 'd' });
        expect(behind('--defense', command).map(readDefense)).toEqual(stack);
      }
  },
);

test.each(registries.attacks.all)(
  'every option of $id is read back from the app',
  ({ id, options: spec }) => {
    for (const [name, option] of Object.entries(spec))
      for (const value of valuesOf(option)) {
        const options = { [name]: value };
        const attacked = { ...plan, attacks: [{ id, options }] };
        const command = attackCommand(attacked, { ...trialKey, attack: id, defense: 'none' });
        expect(readOptions(spec, behind('--option', command))).toEqual(options);
      }
  },
);

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
