import { describe, expect, test } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { parseChatTemplate } from '../../src/models/chat-template.ts';

const values = { bos_token: '<s>', messages: [{ role: 'user', content: 'hi '.repeat(60_000) }] };
const render = (source: string) => parseChatTemplate(source).render(values);

function refusalOf(source: string): LabError {
  try {
    render(source);
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('It was rendered.');
}

test('a template gets its values, and the words that templates use', () => {
  expect(
    render(
      "{{ bos_token }}{% for m in messages %}{{ m['role'] }}{{ m.content.split(' ')[0] }}{% endfor %}" +
        '{{ none is none and true and not False }}{{ range(1, 7, 2)|join("-") }}',
    ),
  ).toBe('<s>userhitrue1-3-5');
  expect(render('{{ strftime_now is defined }}')).toBe('false');
});

test('what a template says of a conversation is told, in short', () => {
  const { code, message } = refusalOf(`{{ raise_exception("${'roles must alternate '.repeat(1000)}") }}`);
  expect(code).toBe('bad-input');
  expect(message).toMatch(/refused this conversation: roles must alternate/);
  expect(message.length).toBeLessThan(500);
});

const grown = (step: string, start = '"aaaaaaaaaaaaaaaa"') =>
  `{% set ns = namespace(x=${start}) %}{% for i in range(60) %}{% set ns.x = ${step} %}{% endfor %}{{ ns.x }}`;

describe('a template is stopped', () => {
  test.each([
    ['that loops a billion times', '{% for i in range(1000000000) %}x{% endfor %}'],
    ['that loops in small steps', '{% for i in range(0, 100, 0.0000001) %}x{% endfor %}'],
    [
      'whose loops multiply',
      '{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}',
    ],
    [
      'whose macros multiply',
      '{% macro f(n) %}{% if n > 0 %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(60) }}',
    ],
    ['that doubles a text', grown('ns.x + ns.x')],
    ['that replaces letters by texts', grown('ns.x.replace("a", ns.x)')],
    ['that does so with a filter', grown('ns.x|replace("a", ns.x)')],
    ['that hides the name of the method', grown('ns.x["repl" ~ "ace"]("a", ns.x)')],
    ['that keeps a method', '{% set f = "aaaa".replace %}{{ f("a", bos_token) }}'],
    ['that indents by a billion', '{{ "a\\nb"|indent(1000000000) }}'],
    ['that indents a block', '{% filter indent(1000000000) %}a{% endfilter %}'],
    ['that writes JSON with a huge indent', '{{ messages|tojson(indent=1000000000) }}'],
    ['that joins with a long text', `{{ range(90000)|join("${'x'.repeat(100_000)}") }}`],
    ['that puts a list into itself twice, again and again', grown('[ns.x, ns.x]', '["a"]')],
    ['that puts a namespace into itself', '{% set ns = namespace() %}{% set ns.x = [ns, ns] %}{{ ns.x }}'],
    ['of many characters', 'x'.repeat(200_000)],
    ['with a long gap', `a${' '.repeat(100_000)}{% if 1 %}{% endif %}`],
    ['nested deeply', `{{ ${'('.repeat(60_000)}1${')'.repeat(60_000)} }}`],
  ])('%s', (_, source) => {
    const start = performance.now();
    const { code, message } = refusalOf(source);
    expect(code).toBe('bad-model');
    expect(message).toMatch(/The chat template cannot be used: /);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('that calls itself without end', () => {
    expect(refusalOf('{% macro f() %}{{ self.f() }}{% endmacro %}{{ f() }}')).toBeInstanceOf(LabError);
  });
});

test('a template reaches nothing but its values', () => {
  for (const source of [
    '{{ "".constructor }}',
    '{{ messages.__proto__ }}',
    '{{ globalThis }}',
    '{{ process }}',
  ])
    expect(render(source)).toBe('');
});
