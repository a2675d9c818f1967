/** @file The text of an answer while it grows, without decoding all of it again for every token. */
import type { ChatTokenizer } from '../chat-tokenizer.ts';

/** A character that is only partly generated decodes to this. */
const incomplete = '\uFFFD';

export interface AnswerText {
  /** Text of all new tokens so far. Given longer lists only, each of which begins with the one before. */
  of(ids: readonly number[]): string;
}

/**
 * Decoded after the assistant prefix, since some tokenizers drop a leading space.
 * @param prefix ids of the assistant prefix
 */
export function createAnswerText(tokenizer: ChatTokenizer, prefix: readonly number[]): AnswerText {
  const before = prefix.length > 0 ? tokenizer.decode(prefix) : '';
  if (!tokenizer.decodesInParts || before.endsWith(incomplete))
    return {
      of: (ids) =>
        prefix.length === 0
          ? tokenizer.decode(ids)
          : tokenizer.decode([...prefix, ...ids]).slice(before.length),
    };
  let settled = '';
  let settledIds = 0;
  return {
    of(ids) {
      const rest = tokenizer.decode(ids.slice(settledIds));
      const text = settled + rest;
      if (!rest.endsWith(incomplete)) {
        settled = text;
        settledIds = ids.length;
      }
      return text;
    },
  };
}

const textsOf = new WeakMap<ChatTokenizer, Map<number, string>>();

/** Text of one token on its own, decoded once for each tokenizer. */
export function tokenText(tokenizer: ChatTokenizer, id: number): string {
  let texts = textsOf.get(tokenizer);
  if (!texts) textsOf.set(tokenizer, (texts = new Map()));
  let text = texts.get(id);
  if (text === undefined) texts.set(id, (text = tokenizer.decode([id])));
  return text;
}
