/** @file Whether a text consists of words, in any language: a crude test that catches codes and noise. */

/** Shorter texts, in characters, pass, because there is too little to judge by. */
const minLength = 12;

const share = (text: string, kind: RegExp): number => (text.match(kind)?.length ?? 0) / (text.length || 1);

/**
 * False for text that is mostly signs or digits, that has long runs without blanks (base64), whose Latin letters have
 * too few vowels to be words (rot13, dropped vowels), or that repeats a few words over and over. It does not judge
 * sense: well-spelled nonsense passes.
 */
export function isReadable(text: string): boolean {
  const dense = text.replace(/\s/g, '');
  if (dense.length < minLength) return true;
  if (share(dense, /[\p{L}\p{M}]/gu) < 0.5) return false;
  if (share(dense, /[\p{L}\p{M}\p{Nd}\p{P}]/gu) < 0.8) return false;

  const runs = text.match(/[\p{Script=Latin}\d+/=]{31,}/gu) ?? [];
  if (runs.join('').length > dense.length / 2) return false;

  const letters = text.normalize('NFD').replace(/[^a-z]/gi, '');
  if (letters.length >= Math.max(minLength, dense.length / 2) && share(letters, /[aeiou]/gi) < 0.25)
    return false;

  const words = text.toLowerCase().match(/\S+/g) ?? [];
  return words.length < minLength || new Set(words).size / words.length >= 0.2;
}
