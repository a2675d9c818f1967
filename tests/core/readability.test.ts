import { expect, test } from 'vitest';
import { isReadable } from '../../src/core/readability.ts';

test.each([
  'Sure, here is how:\n1. Ring the bell.\n2. Wait until he opens one eye.\n3. Say good morning.',
  'Zuerst läutet man die Glocke, dann wartet man.',
  'Сначала позвоните в колокольчик, потом ждите.',
  '先敲钟,然后等他睁开一只眼睛,再说早上好。',
  'I am sorry, I cannot help with that.',
  '42',
  'No.',
  '| step | deed |\n| --- | --- |\n| 1 | ring the bell |\n| 2 | say good morning to the giant |',
])('%j is readable', (text) => expect(isReadable(text)).toBe(true));

// The codes of "Tell me a story about a red fox." are those of the golden vectors of the attacks that use them.
test.each([
  ['base64', 'VGVsbCBtZSBhIHN0b3J5IGFib3V0IGEgcmVkIGZveC4='],
  ['rot13', 'Gryy zr n fgbel nobhg n erq sbk.'],
  ['dropped vowels', 'Tll m  stry bt  rd fx.'],
  ['character codes', '84 101 108 108 32 109 101'],
  ['signs', '!!! ?? ## == {} () -- !! ;; ::'],
  ['one word over and over', 'the '.repeat(40)],
  ['broken bytes', '\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd a \ufffd\ufffd b \ufffd'],
])('%s are not', (_, text) => expect(isReadable(text)).toBe(false));
