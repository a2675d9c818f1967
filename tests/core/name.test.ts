import { expect, test } from 'vitest';
import { nameSchema } from '../../src/core/name.ts';
import { readInsightLink, readPlaygroundLink } from '../../src/ui/links/setups.ts';

test.each(['gcg', 'tense+flip-attack', 'mine | strict', 'Ärger', 'construct', 'proto__'])(
  '%s is a name',
  (name) => {
    expect(nameSchema.parse(name)).toBe(name);
  },
);

test.each(['', 'a\u0000', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'x'.repeat(301)])(
  '%j is none',
  (name) => {
    expect(nameSchema.safeParse(name).success).toBe(false);
  },
);

test('a link names nothing by a word that every object has', () => {
  const hostile = { model: '__proto__', set: 'constructor', behavior: 'toString', prompt: 'Hello' };
  expect(readPlaygroundLink(JSON.stringify(hostile))).toEqual({ prompt: 'Hello' });
  expect(readInsightLink(JSON.stringify(hostile))).toEqual({});
});
