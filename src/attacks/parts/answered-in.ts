/** @file The codes and languages that an answer may come in, and how it is put back into plain English. */
import { user } from '../../core/chat.ts';
import { isEnglish } from '../../core/english.ts';
import { readRewriterReply } from '../../core/rewriter-reply.ts';
import { fillSlots } from '../../core/slots.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { whereItFits } from './ask.ts';
import * as encodings from '../../core/codes.ts';

/** The codes by name: a result names its own, so that its answer can be decoded wherever it is replayed. */
export const answerCodes = {
  ascii: encodings.asciiCodes,
  atbash: encodings.atbash,
  base64: encodings.base64,
  caesar: encodings.caesar,
  gbk: encodings.gbkEscapes,
  leetspeak: encodings.leetspeak,
  morse: encodings.morse,
  rot13: encodings.rot13,
  unicode: encodings.unicodeEscapes,
  utf: encodings.utf8Escapes,
} satisfies Readonly<Record<string, encodings.Encoding>>;

export type AnswerCode = keyof typeof answerCodes;

/** A language and how to translate from it, as plain data, so that an answer can be translated on replay. */
export interface AnswerLanguage {
  readonly language: string;
  /** The question to the translator, with `{text}` where the answer goes. */
  readonly question: string;
}

/** `too-long`: there is no room for the text, or for the whole translation. */
export type Translation =
  | { readonly text: string }
  | { readonly text: null; readonly failure: 'empty' | 'too-long' };

/** Room for a translation of `text`, in tokens: a token may hold one letter only, or less in another script. */
export const translationLength = (text: string): number => 64 + 2 * text.length;

/** What a translator may write before a translation. The answer itself may begin with any other announcement. */
const translationLabels = ['English', 'Translation', 'English translation', 'The translation is'].flatMap(
  (label) => [label, `Here is the ${label.toLowerCase()}`, `Here's the ${label.toLowerCase()}`],
);

/** `text` translated into English, greedily. The translator is not asked about a text that is plainly English. */
export async function intoEnglish(
  translator: LanguageModel,
  { question }: AnswerLanguage,
  text: string,
  signal: AbortSignal,
): Promise<Translation> {
  if (isEnglish(text)) return { text };
  const maxNewTokens = translationLength(text);
  const messages = [user(fillSlots(question, { text }))];
  const reply = await whereItFits(() => translator.generate(messages, { maxNewTokens, signal }));
  if (reply === null || reply.finishReason === 'length') return { text: null, failure: 'too-long' };
  // A translated answer may decline, as the answer did.
  const task = { labels: translationLabels, document: true, mayDecline: true };
  const { text: translation, flaw } = readRewriterReply(reply.text, task);
  return flaw === 'empty' ? { text: null, failure: 'empty' } : { text: translation };
}
