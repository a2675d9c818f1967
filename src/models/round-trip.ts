/** @file Proves when a tokenizer is built that text survives it, since the library drops silently what it lacks. */
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';
import { freeMarks, createProtect } from './typed-text.ts';
import type { CheckedTokenizer } from './tokenizer.ts';

/** Letters, digits, signs, blanks, lines, accents, other scripts, and characters of two code units. */
const probes = [
  'The cat sat: "9 + 1 = 10", isn\'t it?',
  'one\ntwo\n\n\tthree',
  'naïve café',
  '東京 мир',
  '👍 👩‍🚀',
];

/**
 * Every probe must come back as the tokenizer's own normalizer leaves it. A vocabulary with a token for the unknown need
 * not know every character, but what it does know must survive.
 * @throws LabError 'not-supported'
 */
export function checkRoundTrip(tokenizer: CheckedTokenizer, json: TokenizerFiles['tokenizer']): void {
  const marks = freeMarks(probes);
  const protect = createProtect(tokenizer);
  const encode = (text: string) => tokenizer.encodeMarked(protect(text, marks), marks);
  const isUnknown = (id: number) => id === tokenizer.unknownId;
  const readsBytes = hasBytes(json);
  for (const probe of probes) {
    const text =
      readsBytes || tokenizer.unknownId === undefined
        ? probe
        : [...probe].filter((letter) => !encode(letter).some(isUnknown)).join('');
    const written = text === '' ? '' : tokenizer.decode(encode(text));
    if (comparable(written) === comparable(tokenizer.normalize(text))) continue;
    throw new LabError(
      'not-supported',
      `This tokenizer loses text: "${excerpt(text)}" comes back as "${excerpt(written)}".`,
      { advice: 'Pick another model; prompts to this one would not be what they say.' },
    );
  }
}

/** Without the blank that some tokenizers put in front of a text. */
const comparable = (text: string) => text.replaceAll('▁', ' ').trim();

/** True if the tokenizer promises to read any text, byte by byte if need be. */
function hasBytes({ model, ...steps }: TokenizerFiles['tokenizer']): boolean {
  const { byte_fallback } = model as { readonly byte_fallback?: boolean };
  return (
    byte_fallback === true ||
    /"type":"ByteLevel"/.test(JSON.stringify((steps as Record<string, unknown>)['pre_tokenizer'] ?? null))
  );
}
