/** @file A yes or a no in the reply of a model that was asked for one. */
import { plainText } from './plain-text.ts';
import { answerIn } from './thoughts.ts';

/** What models write before the answer itself: "Answer:", "The final verdict is". */
const announcement =
  /^[^\p{L}\p{N}]*(?:the |my )?(?:final )?(?:answer|verdict|decision|response|judge?ment|conclusion|result)(?: is)?\s*(?=[:=\u2013\u2014-]|yes|no)/iu;
const opening = /^[^\p{L}\p{N}]*(yes|no)(?![\p{L}\p{N}'])/iu;

const isYes = (word: string | undefined): boolean | null =>
  word === undefined ? null : word.toLowerCase() === 'yes';

/** The first word of a reply, after thoughts and an "Answer:"; `null` if it is neither yes nor no. */
export const firstYesNo = (reply: string): boolean | null =>
  isYes(opening.exec(plainText(answerIn(reply)).replace(announcement, ''))?.[1]);

/**
 * The `[[yes]]` or `[[no]]` of a reply, else its first word if that is yes or no; `null` if there is neither. A reply with
 * both in brackets, which may repeat the question, is read only if it ends with one of them alone.
 */
export function readYesNo(reply: string): boolean | null {
  const text = plainText(answerIn(reply));
  const bracketed = [...text.matchAll(/\[\[\s*(yes|no)\s*\]\]/gi)].map(([, word]) => word!.toLowerCase());
  if (bracketed.length === 0) return firstYesNo(reply);
  if (new Set(bracketed).size === 1) return isYes(bracketed[0]);
  const last = /(?:^|[^\s\p{L}]|[\p{L}]+)\s*\[\[\s*(yes|no)\s*\]\][\s.!]*$/iu.exec(text);
  return last === null || /\b(?:or|and|nor|not)\s*\[\[/i.test(last[0]) ? null : isYes(last[1]);
}
