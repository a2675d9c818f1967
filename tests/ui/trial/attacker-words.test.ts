import { expect, test } from 'vitest';
import { attackerWords } from '../../../src/ui/trial/attacker-words.ts';

test('says in how many steps an attacker model held its protocol', () => {
  const held = { protocol: 'json', prompts: 9, json: 7, salvaged: 1, unreadable: 1 } as const;
  expect(attackerWords(held)).toBe(
    'It was asked for 9 prompts in JSON; 7 came so, 1 broke off or was malformed and was read in part and 1 could not be read.',
  );
  const plain = { protocol: 'plain', prompts: 1, json: 0, salvaged: 0, unreadable: 0 } as const;
  expect(attackerWords(plain)).toBe('It was asked for 1 prompt in plain text.');
});
