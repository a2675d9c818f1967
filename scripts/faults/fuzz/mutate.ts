/** @file Damages JSON and bytes in the ways that files from outside are damaged, by accident or on purpose. */
import type { Random } from '../../../src/core/random.ts';

/** Numbers and words that JSON.stringify would not write: they replace their marker in the text. */
const rawTokens = [
  '1e400',
  '-0',
  '1e308',
  '-1e308',
  'NaN',
  'Infinity',
  '9007199254740993',
  '1e-320',
  '0x10',
  "'a'",
  'undefined',
];
const marker = (token: string) => `@raw ${token}@`;

/** Written as text: a value of this depth would overflow the stack of whatever writes it. */
const nested = (depth: number) => marker(`${depth} deep`);
const rawText = (token: string): string => {
  const depth = Number(/^(\d+) deep$/.exec(token)?.[1] ?? 0) / 2;
  return depth > 0 ? `${'[{"a":'.repeat(depth)}0${'}]'.repeat(depth)}` : token;
};

const badTexts = [
  ...[
    '',
    ' ',
    '\0',
    '\u001b[2J',
    '\r\n',
    '\ufeff',
    '\ud800',
    'a\udc00b',
    '\u202e',
    '__proto__',
    'constructor',
  ],
  ...[
    'toString',
    '../../etc/passwd',
    '<img src=x onerror=alert(1)>',
    '=1+1',
    '{request}',
    '$&$`',
    '%00',
    'null',
  ],
  ...['none', 'direct-request', 'tinytown-chat', '{% for i in range(10**9) %}{% endfor %}', '(a+)+$'],
];

/** A value that does not belong where it is put. */
function badValue(random: Random): unknown {
  switch (random.integer(12)) {
    case 0:
      return null;
    case 1:
      return random.pick([true, false]);
    case 2:
      return random.pick([0, -1, 1.5, 2, 7, 1e9, 2 ** 31, 2 ** 53, 1e15]);
    case 3:
    case 4:
      return marker(random.pick(rawTokens));
    case 5:
    case 6:
      return random.pick(badTexts);
    case 7:
      return 'x'.repeat(random.pick([301, 5000, 300_000]));
    case 8:
      return random.pick([[], {}, [[]], [null], { a: 1 }, [{}]]);
    case 9:
      return nested(random.pick([10, 100, 20_000]));
    case 10:
      return Array<unknown>(random.pick([2, 1000, 50_000])).fill(random.pick([0, 'a', null, true]));
    default:
      return Object.fromEntries(
        Array.from({ length: random.pick([1, 100, 5000]) }, (_, i) => [`k${i}`, random.pick(badTexts)]),
      );
  }
}

type Container = unknown[] | Record<string, unknown>;
const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** A random container in `value`, deeper ones as likely as shallow ones. */
function containerIn(value: Container, random: Random): Container {
  const inner = Object.values(value).filter(isContainer);
  return inner.length === 0 || random.integer(4) === 0 ? value : containerIn(random.pick(inner), random);
}

/** Change one place of a parsed JSON value, in place. */
function damage(root: Container, random: Random): void {
  const container = containerIn(root, random);
  const keys = Object.keys(container);
  const at = container as Record<string, unknown>;
  const key = keys.length === 0 ? 'a' : random.pick(keys);
  switch (random.integer(6)) {
    case 0:
      if (Array.isArray(container)) container.splice(random.integer(container.length + 1), 1);
      else Reflect.deleteProperty(at, key);
      break;
    case 1:
      if (Array.isArray(container)) container.push(...container.slice(0, 1000));
      else at[`${key}2`] = at[key];
      break;
    case 2: {
      const name = random.pick([...badTexts, 'x'.repeat(100_000)]);
      if (Array.isArray(container)) container.push(badValue(random));
      else
        Object.defineProperty(container, name, {
          value: badValue(random),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      break;
    }
    default:
      at[key] = badValue(random);
  }
}

function damageText(text: string, random: Random): string {
  const at = random.integer(text.length + 1);
  switch (random.integer(8)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return `\ufeff${text}`;
    case 2:
      return (
        text.slice(0, at) +
        random.pick(['\0', '\u001b', '\ud800', '"', '{', ']', ',', '\n', '\\u', '\\']) +
        text.slice(at)
      );
    case 3:
      return text.slice(0, at) + text.slice(at + 1 + random.integer(20));
    case 4:
      return text.slice(0, at) + text.slice(random.integer(text.length + 1));
    case 5:
      return random.pick([
        '',
        ' ',
        'null',
        '[]',
        '{}',
        '"a"',
        '7',
        '<!doctype html>',
        '['.repeat(100_000),
        '{"a":'.repeat(50_000),
      ]);
    case 6:
      return text + text;
    default:
      return text.replaceAll('"', "'");
  }
}

/** The text of a JSON file with one to three mistakes in it, or none. */
export function damagedJson(value: unknown, random: Random): string {
  const copy = structuredClone(value);
  const mistakes = random.integer(10) === 0 ? 0 : 1 + random.integer(3);
  if (isContainer(copy)) for (let i = 0; i < mistakes; i++) damage(copy, random);
  const written = JSON.stringify(copy);
  const text = written.replace(/"@raw ([^@]*)@"/g, (_, token: string) => rawText(token));
  return mistakes > 0 && random.integer(4) === 0 ? damageText(text, random) : text;
}

/** Bytes with flipped bits, a piece cut out, or a number in their first bytes made huge. */
export function damagedBytes(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  const at = random.integer(copy.length);
  switch (random.integer(5)) {
    case 0:
      return copy.slice(0, at);
    case 1:
      copy.fill(random.pick([0, 255, 127]), at, at + 1 + random.integer(64));
      return copy;
    case 2:
      copy.set([255, 255, 255, 127, 0, 0, 0, 0].slice(0, Math.min(8, copy.length)), 0);
      return copy;
    default:
      for (let i = 0; i <= random.integer(20); i++) {
        const place = random.integer(random.pick([copy.length, Math.min(copy.length, 2000)]));
        copy[place] = copy[place]! ^ (1 << random.integer(8));
      }
      return copy;
  }
}
