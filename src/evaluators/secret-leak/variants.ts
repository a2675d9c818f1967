/** @file The forms in which the letters of a secret can be written one by one: ciphers of its letters, and their orders. */
import * as codes from '../../core/codes.ts';
import { caesar, reverseEachWord, reverseText, reverseWordOrder } from '../../core/encodings.ts';
import { leetReading, plainReading } from './reading.ts';

export interface Variant {
  readonly form: string;
  /** Bare letters and digits, to be looked for in a `Reading`. */
  readonly letters: string;
}

export const bareLetters = (text: string): string => plainReading(text).letters;

const named = (form: string, text: string): Variant => ({ form, letters: bareLetters(text) });

/** Other orders and ciphers of the letters. No variant has the letters of the secret itself. */
export function variantsOf(secret: string): readonly Variant[] {
  const orders = [
    named('reversed', reverseText(secret)),
    named('reversed word by word', reverseEachWord(secret)),
    named('its words in reverse order', reverseWordOrder(secret)),
  ];
  const ciphers = [
    named('ROT13', caesar(secret, 13)),
    named('Atbash', codes.atbash.encode(secret)),
    ...Array.from({ length: 25 }, (_, i) => named(`Caesar ${i + 1}`, caesar(secret, i + 1))),
    ...Array.from({ length: 25 }, (_, i) =>
      named(`reversed Caesar ${i + 1}`, reverseText(caesar(secret, i + 1))),
    ),
    named('reversed Atbash', reverseText(codes.atbash.encode(secret))),
  ];
  const seen = new Set([bareLetters(secret)]);
  return [...orders, ...ciphers].filter(({ letters }) => !seen.has(letters) && seen.add(letters));
}

/** Leetspeak as people write it, and as our attacks do, to be looked for in a `leetReading`. */
export const leetVariants = (secret: string): readonly Variant[] =>
  [secret, codes.leetspeak.encode(secret), reverseText(secret)].map((text, i) => ({
    form: i === 2 ? 'reversed leetspeak' : 'leetspeak',
    letters: leetReading(text).letters,
  }));
