/** @file The text whose inside is shown, token by token: the prompt, an opening, and the first tokens of the model's own answer. */
import type { ChatMessage } from '../../core/chat.ts';
import { argmax } from '../../models/decoding/sampler.ts';
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';
import { findSpan } from '../../models/prompt-span.ts';
import type { ReadToken, TextPart } from '../records/insight.ts';

export interface Asked {
  /** The conversation with `text` as its last user turn. */
  readonly place: (text: string) => readonly ChatMessage[];
  /** What the user's turn says. */
  readonly text: string;
  /** The request in it; what stands around it is the attack's. */
  readonly request: string;
  /** Words put in the model's mouth; `''` for none. */
  readonly opening: string;
}

export interface ShownText {
  readonly ids: readonly number[];
  readonly tokens: readonly ReadToken[];
  /** Tokens of the prompt, without the opening. */
  readonly prompt: number;
  /** Where the model's own answer begins. */
  readonly answer: number;
}

type Reader = Pick<WhiteBoxModel, 'tokenizer' | 'open' | 'contextWindow'>;

/** @param most tokens of the model's own answer, greedily decoded */
export async function shownText(
  model: Reader,
  asked: Asked,
  { most, signal }: Abortable & { readonly most: number },
): Promise<ShownText> {
  const { tokenizer } = model;
  const { place, text, request, opening } = asked;
  const options = { atAnswer: true, ...(opening !== '' && { assistantPrefix: opening }) };
  const { prompt: read, start, end } = findSpan(tokenizer, place, text, options);
  const bare = tokenizer.prompt(place(text), { atAnswer: true });
  const opened = read.findIndex((id, i) => id !== bare[i]);
  const before = text.indexOf(request);
  const after = before + request.length;
  const inner =
    before < 0
      ? { start: end, end }
      : findSpan(
          tokenizer,
          (words) => place(text.slice(0, before) + words + text.slice(after)),
          request,
          options,
        );
  const prompt = opened < 0 ? read.length : opened;
  const partOf = (i: number): TextPart => {
    if (i >= read.length) return 'answer';
    if (i >= prompt) return 'opening';
    if (i >= inner.start && i < inner.end) return 'request';
    return i >= start && i < end ? 'attack' : 'template';
  };
  const ids = [...read, ...(await ownAnswer(model, read, most, signal ? { signal } : {}))];
  const tokens = ids.map((id, i) => ({ text: tokenizer.decode([id]), part: partOf(i) }));
  return { ids, tokens, prompt, answer: read.length };
}

async function ownAnswer(
  model: Reader,
  prompt: readonly number[],
  most: number,
  options: Abortable,
): Promise<readonly number[]> {
  const room = Math.min(most, model.contextWindow - prompt.length);
  const answer: number[] = [];
  const session = await model.open([prompt], options);
  try {
    while (answer.length < room) {
      const id = argmax(session.logits(0));
      if (model.tokenizer.endIds.has(id)) break;
      answer.push(id);
      if (answer.length < room) await session.advance([id]);
    }
  } finally {
    await session.close();
  }
  return answer;
}
