/** @file The last user turn in tokens of a templated prompt, and which of them spell the user's own words. */
import { editLastUser, editOwnWords, lastUserText, ownSpans, type ChatMessage } from '../../core/chat.ts';
import type { ChatTokenizer, PromptOptions } from '../../models/chat-tokenizer.ts';
import { findSpan } from '../../models/prompt-span.ts';

export interface RequestTokens {
  readonly prompt: readonly number[];
  /** Where the turn begins in the prompt. */
  readonly start: number;
  /** The tokens of the turn; none for an empty one. */
  readonly ids: readonly number[];
  /** Indices into `ids` of those that hold a character of the user's own words. */
  readonly own: ReadonlySet<number>;
}

export function readRequest(
  tokenizer: ChatTokenizer,
  messages: readonly ChatMessage[],
  { atAnswer, specialTokens, pieces }: PromptOptions = {},
): RequestTokens {
  const options = { atAnswer, specialTokens, pieces };
  const index = messages.findLastIndex(({ role }) => role === 'user');
  const turn = messages[index];
  const { prompt, start, end } = findSpan(
    tokenizer,
    (text) => editLastUser(messages, () => text),
    lastUserText(messages),
    options,
  );
  const own = new Set<number>();
  for (const [which, span] of (turn ? ownSpans(turn) : []).entries()) {
    const place = (text: string) => {
      let at = 0;
      const edited = editOwnWords(turn!, (words) => (at++ === which ? text : words));
      return messages.map((message, i) => (i === index ? edited : message));
    };
    const words = findSpan(tokenizer, place, turn!.content.slice(...span), options);
    for (let i = words.start; i < words.end; i++) own.add(i - start);
  }
  return { prompt, start, ids: prompt.slice(start, end), own };
}
