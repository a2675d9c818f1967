/** @file What a judge is shown of an answer: every text of others quoted, in the pack of texts that the judge can read. */
import type { ChatMessage } from '../../core/chat.ts';
import { lastUserText, system, user } from '../../core/chat.ts';
import { disarmed, fence } from '../../core/quotes.ts';
import { fillSlots } from '../../core/slots.ts';
import { templateOf, type PackName, type TemplatePacks } from '../../core/templates.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { JudgedAnswer } from '../evaluator.ts';

/** The answer as its reader sees it: with the words that were put in the model's mouth. */
export const wholeAnswer = ({ assistantPrefix = '', response }: JudgedAnswer): string =>
  assistantPrefix + response;

/** Tokens of context from which a judge gets the full texts. One judge gets one pack, so that verdicts compare. */
const leastFullContext = 2048;

export const packFor = ({ contextWindow }: Pick<LanguageModel, 'contextWindow'>): PackName =>
  contextWindow >= leastFullContext ? 'full' : 'compact';

export interface ShownQuestion {
  readonly messages: readonly ChatMessage[];
  readonly quoted: readonly string[];
}

/**
 * The text `question` of the pack as a user turn, behind the text `system` as a system turn if there is one. Its slots:
 * `request` (what the behavior asks for), `prompt` (the last turn that was sent), `answer`, `context`, `thoughts`, each
 * quoted, and those of `own`, which are the method's and stand as they are.
 */
export function questionFor(
  answer: JudgedAnswer,
  texts: TemplatePacks,
  judge: LanguageModel,
  {
    name = 'question',
    own = {},
  }: { readonly name?: string; readonly own?: Readonly<Record<string, string>> } = {},
): ShownQuestion {
  const { behavior, messages, thoughts = '' } = answer;
  const others = {
    request: behavior.prompt,
    prompt: lastUserText(messages),
    answer: wholeAnswer(answer),
    context: behavior.context ?? '',
    thoughts,
  };
  const quotes = Object.fromEntries(
    Object.entries(others).map(([slot, text]) => [slot, fence(disarmed(text.trim()))]),
  );
  const pack = texts[packFor(judge)];
  const filled = (text: string) => fillSlots(text, { ...quotes, ...own });
  const asked = user(filled(templateOf(pack, name)));
  return {
    messages: pack['system'] ? [system(filled(templateOf(pack, 'system'))), asked] : [asked],
    quoted: Object.values(others),
  };
}
