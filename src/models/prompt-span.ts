/**
 * @file Finds a piece of text within a templated prompt, as token ids. Encoding the parts separately would be wrong,
 * because tokens merge across their boundaries. So the whole prompt is encoded, and the span is what changes with the text.
 */
import type { ChatMessage } from '../core/chat.ts';
import { LabError } from '../core/errors.ts';
import type { ChatTokenizer, PromptOptions } from './chat-tokenizer.ts';

/** A prompt whose tokens `[start, end)` spell the text of interest, with the separator that merged into it if any. */
export interface PromptSpan {
  readonly prompt: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** The conversation that holds `text` where the span is wanted. */
export type Placement = (text: string) => readonly ChatMessage[];

/** Short texts with different first and last characters, so that some differ from any given text at both ends. */
const probes = ['0', 'Q', '?', '~'] as const;

/** The tokens that change when `text` does. A token shared by the text and its surroundings is among them. */
export function findSpan(
  tokenizer: ChatTokenizer,
  place: Placement,
  text: string,
  options: PromptOptions = {},
): PromptSpan {
  const prompt = tokenizer.prompt(place(text), options);
  const others = probes
    .filter((probe) => !text.trim().startsWith(probe) && !text.trim().endsWith(probe))
    .map((probe) => tokenizer.prompt(place(probe), options));
  const start = Math.min(...others.map((other) => sharedStart(prompt, other)));
  const end = prompt.length - Math.min(...others.map((other) => sharedEnd(prompt, other)));
  return { prompt, start, end: Math.max(start, end) };
}

/**
 * `findSpan` for a text that is to be changed token by token.
 * @throws LabError 'not-supported' if the text's tokens merge with the text around it, or do not decode to it again.
 */
export function locateSpan(
  tokenizer: ChatTokenizer,
  place: Placement,
  text: string,
  options: PromptOptions = {},
): PromptSpan {
  const span = findSpan(tokenizer, place, text, options);
  if (tokenizer.decode(span.prompt.slice(span.start, span.end)).trim() !== text.trim())
    throw new LabError('not-supported', `The tokenizer merges "${text}" with the text around it.`, {
      advice: 'Use another initial text, one that begins and ends with a character of its own.',
    });
  return span;
}

/** The prompt with other ids in the span. */
export const replaceSpan = ({ prompt, start, end }: PromptSpan, ids: readonly number[]): number[] => [
  ...prompt.slice(0, start),
  ...ids,
  ...prompt.slice(end),
];

/**
 * The text of `ids` if the model would see exactly these ids when that text is sent, else `null`.
 * Without this check, a loss measured on ids may not hold for the string.
 */
export function textOfSpan(
  tokenizer: ChatTokenizer,
  place: Placement,
  span: PromptSpan,
  ids: readonly number[],
  options: PromptOptions = {},
): string | null {
  const text = tokenizer.decode(ids);
  const wanted = replaceSpan(span, ids);
  const seen = tokenizer.prompt(place(text), options);
  return seen.length === wanted.length && seen.every((id, i) => id === wanted[i]) ? text : null;
}

function sharedStart(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function sharedEnd(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a.at(-1 - length) === b.at(-1 - length)) length++;
  return length;
}
