import { expect, test } from 'vitest';
import { splitPayload } from '../../../src/attacks/jailbroken/payload.ts';
import { contentWords } from '../../../src/attacks/parts/content-words.ts';

test('a split payload adds up to the request and shows no content word', () => {
  const request = 'How do I wake the stone giant, the old giant?';
  const { pieces, rest } = splitPayload(request);
  const values = new Map(
    [...pieces.matchAll(/(\w+) = "([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
  );
  const joined = rest.replace(
    /\((\w+) \+ (\w+)\)/g,
    (_, a: string, b: string) => values.get(a)! + values.get(b)!,
  );
  expect(joined).toBe(request);
  for (const word of contentWords(request)) expect(`${pieces} ${rest}`).not.toContain(word);
});
