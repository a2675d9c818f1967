/** @file Answers in another language, and how a translator puts them into English. */
import { isEnglish } from '../../core/english.ts';
import { isEmptyResponse } from '../../core/refusal.ts';
import { fillSlots } from '../../core/slots.ts';
import { user } from '../../core/chat.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { whereItFits } from './ask.ts';

/** As plain data, so that whoever replays a result can have its answer translated. */
export interface AnswerLanguage {
  readonly language: string;
  /** What the translator is asked, with `{text}` where the answer goes. */
  readonly question: string;
}

/** `too-long`: there is no room for the text, or for all that the translator makes of it. */
export type Translation =
  { readonly text: string } | { readonly text: null; readonly failure: 'empty' | 'too-long' };

/** A text may take one token a letter, and more in another script. */
export const translationLength = (text: string): number => 32 + 2 * text.length;

/** `text` in English, as the translator has it, greedily. One that is plainly English is not asked about. */
export async function intoEnglish(
  translator: LanguageModel,
  { question }: AnswerLanguage,
  text: string,
  signal: AbortSignal,
): Promise<Translation> {
  if (isEnglish(text)) return { text };
  const maxNewTokens = translationLength(text);
  const asked = [user(fillSlots(question, { text }))];
  const reply = await whereItFits(() => translator.generate(asked, { maxNewTokens, signal }));
  if (reply === null || reply.finishReason === 'length') return { text: null, failure: 'too-long' };
  const said = reply.text.trim();
  return isEmptyResponse(said) ? { text: null, failure: 'empty' } : { text: said };
}
