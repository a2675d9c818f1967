/**
 * @file The text of an answer that is judged, by attacks while they search and by evaluators afterwards. An answer in code
 * or in another language is decoded or translated first, if the attack asked for one.
 */
import type { AttackContext, AttackResult } from '../attack.ts';
import { answerCodes, intoEnglish, type AnswerCode, type AnswerLanguage } from './answered-in.ts';
import { englishShare } from '../../core/english.ts';
import { isEmptyResponse, isRefusal } from '../../core/refusal.ts';

/** By how much the share of common pairs must grow for the decoded text to count. */
const margin = 0.15;
/** Text with a smaller share of common pairs is noise. */
const floor = 0.35;

/**
 * `too-long`: it does not fit the translator's context. `no-better`: the translation is noise, or less like English
 * than the answer.
 */
export type Untranslated = 'empty' | 'too-long' | 'no-better';

export interface Reading {
  readonly text: string;
  /** Why an answer in another language is judged untranslated. */
  readonly untranslated?: Untranslated;
}

/** Access to the translator. */
export type Translating = Pick<AttackContext, 'role' | 'signal'>;

/**
 * The answer as it is, or decoded or translated, whichever reads more like plain English. If either is a refusal, that
 * refusal is the text; the untouched answer goes first. The answer is judged as a whole: one that is mostly plain, with
 * a few words in code or in another language, stays as it is.
 * @throws LabError 'bad-plan' when there is something to translate and no model fills the role of translator
 */
export async function readAnswer(
  { answeredIn }: Pick<AttackResult, 'answeredIn'>,
  response: string,
  translating: Translating,
): Promise<Reading> {
  if (answeredIn === undefined || isEmptyResponse(response) || isRefusal(response)) return { text: response };
  return typeof answeredIn === 'string'
    ? { text: decoded(answeredIn, response) }
    : translated(answeredIn, response, translating);
}

/** Decoded, unless the untouched answer reads nearly as much like words. */
function decoded(code: AnswerCode, response: string): string {
  const text = answerCodes[code].decode(response);
  if (isRefusal(text)) return text;
  const plain = plainness(text);
  return plain >= floor && plain > plainness(response) + margin ? text : response;
}

/** Translated, unless the untouched answer reads more like English. */
async function translated(
  language: AnswerLanguage,
  response: string,
  { role, signal }: Translating,
): Promise<Reading> {
  const translation = await intoEnglish(role('translator'), language, response, signal);
  if (translation.text === null) return { text: response, untranslated: translation.failure };
  const { text } = translation;
  if (isRefusal(text)) return { text };
  return text === response || moreEnglish(text, response)
    ? { text }
    : { text: response, untranslated: 'no-better' };
}

/** Compares the share of common English words; where neither text has any, of common pairs of letters. */
function moreEnglish(text: string, than: string): boolean {
  const [words, before] = [englishShare(text), englishShare(than)];
  if (words !== before) return words > before;
  const pairs = shareOfPairs(text, isCommon);
  return pairs >= floor && pairs >= shareOfPairs(than, isCommon) - margin;
}

/** Pairs of neighboring letters common in English; most are common in other languages of Latin script too. */
const commonPairs = new Set(
  (
    'th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ' +
    'ic ne ea ra ce li ch ll ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs ' +
    'un lo wa ge ie wh ee wi em'
  ).split(' '),
);
const isCommon = (pair: string): boolean => commonPairs.has(pair);
const otherScript = /^[^\P{L}\p{Script=Latin}]{2}$/u;

/**
 * Share of neighboring characters within words that are a common pair, or letters of another script, which no code
 * here uses: about 0.6 to 0.9 for English, 0.4 to 0.7 for related languages, under 0.35 for any of them in code.
 */
export const plainness = (text: string): number =>
  shareOfPairs(text, (pair) => isCommon(pair) || otherScript.test(pair));

function shareOfPairs(text: string, counts: (pair: string) => boolean): number {
  const unaccented = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const words = unaccented.match(/\S+/g) ?? [];
  const pairs = words.flatMap((word) => {
    const letters = [...word.replace(/^\p{P}+|\p{P}+$/gu, '')];
    return letters.slice(1).map((letter, i) => letters[i]! + letter);
  });
  return pairs.filter(counts).length / (pairs.length || 1);
}
