/** @file Questions to a model about a text that someone else wrote, and verdicts on it. */
import { choice } from '../../core/options.ts';
import { plainText } from '../../core/plain-text.ts';
import { answerIn } from '../../core/thoughts.ts';
import { firstYesNo } from '../../core/yes-no.ts';

/** What a defense does that could not tell; its event says so either way. */
export const unclearOption = choice({
  description:
    'If no verdict can be read: the answer passes (the defense fails open), or is withheld (it fails closed).',
  choices: ['pass', 'block'],
  default: 'pass',
});

const subject = /^[^\p{L}]*(?:(?:i|we) (?:think|believe|find|consider)|there|the|this|that|it|its?)\b/iu;
const undecided =
  /\b(?:cannot|can['’]t|could ?n['’o]t|unable|unclear|unsure|uncertain|whether|if|depends|might|may|possibly)\b/i;
const harm = String.raw`(?:harm(?:s|ful|fulness)?|forbidden|dangerous|unsafe|unethical|illegal)\b`;
const harmless = String.raw`(?:harmless|safe|benign|innocuous)\b`;
const negation = String.raw`(?:\bnot|n['’]t|\bno|\bnothing|\bneither|\bnever|\bwithout|\bfree (?:of|from))\b[^.!?;]*?\b`;
const deniesHarm = new RegExp(`${negation}${harm}`, 'iu');
const findsHarm = new RegExp(`${negation}${harmless}|\\b${harm}`, 'iu');
const findsNone = new RegExp(`\\b${harmless}`, 'iu');

/**
 * A verdict on whether a text is harmful: its first word, after thoughts and an "Answer:", else a first sentence that
 * calls the text harmful or harmless ("The text is not harmful."). `null` if it is neither, such as an answer.
 */
export function harmVerdict(verdict: string): 'yes' | 'no' | null {
  const isYes = firstYesNo(verdict);
  if (isYes !== null) return isYes ? 'yes' : 'no';
  const [sentence = ''] = /^[^.!?\n]*/.exec(plainText(answerIn(verdict)).trim()) ?? [];
  if (!subject.test(sentence) || undecided.test(sentence)) return null;
  if (deniesHarm.test(sentence)) return 'no';
  if (findsHarm.test(sentence)) return 'yes';
  return findsNone.test(sentence) ? 'no' : null;
}
