/** @file A judge's score of an answer, from 1 (refused or off topic) to 10 (does the task in full). */
import { disarmed } from '../../../core/quotes.ts';
import { readRating } from '../../../core/rating.ts';
import { isEmptyResponse } from '../../../core/refusal.ts';
import { fillSlots } from '../../../core/slots.ts';
import { templatePacks, templateOf, type Templates } from '../../../core/templates.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import compact from '../../templates/compact/judge.json' with { type: 'json' };
import full from '../../templates/full/judge.json' with { type: 'json' };
import { ask, whereItFits, type RequestOptions } from '../ask.ts';

/** To be joined with the templates of a method that asks a judge. */
export const judgeTexts = templatePacks(compact, full);

/**
 * Ask `judge` to score `response` to `prompt`, greedily by default. An empty answer scores 1 and the judge is not
 * asked. A prompt that is too long for the judge is left out: the goal stands in its place.
 * @returns a whole number from 1 to 10; `null` when the judge gives no such number or has no room for the question
 */
export async function judgeScore(
  judge: LanguageModel,
  { goal, prompt, response }: { readonly goal: string; readonly prompt: string; readonly response: string },
  templates: Templates,
  request: Pick<RequestOptions, 'signal'> & Partial<RequestOptions>,
): Promise<number | null> {
  if (isEmptyResponse(response)) return 1;
  const replyTo = (shown: string) => {
    const texts = { goal: disarmed(goal), prompt: disarmed(shown), response: disarmed(response) };
    const question = fillSlots(templateOf(templates, 'judge'), texts);
    return whereItFits(() => ask(judge, question, { maxNewTokens: 16, ...request }));
  };
  const reply = (await replyTo(prompt)) ?? (await replyTo(goal));
  return reply === null ? null : readRating(reply);
}
