/**
 * @file A suffix in a prompt: which text and tokens it may have, where it stands, and what a model makes of it.
 * Shapes: S = tokens of the suffix, V = vocabulary size.
 */
import type { Behavior } from '../../../core/behavior.ts';
import type { ChatTokenizer } from '../../../models/chat-tokenizer.ts';
import type {
  Abortable,
  ScoringModel,
  ScoringOptions,
  WhiteBoxModel,
} from '../../../models/language-model.ts';
import {
  locateSpan,
  replaceSpan,
  textOfSpan,
  type Placement,
  type PromptSpan,
} from '../../../models/prompt-span.ts';
import { conversation } from '../../attack.ts';
import { targetOf } from '../target.ts';

/** The request, then the suffix, with one blank between them unless the suffix starts with its own. */
export const withSuffix = (prompt: string, suffix: string): string =>
  /^\s/.test(suffix) || suffix === '' ? prompt + suffix : `${prompt} ${suffix}`;

/** `count` exclamation marks, the initial suffix of GCG and of random search. */
export const exclamationMarks = (count: number): string => Array(count).fill('!').join(' ');

const printableAscii = /^[\x20-\x7e]+$/;

/** Kept per tokenizer, because decoding every id takes seconds for the largest vocabularies. */
const suffixTokensOf = new WeakMap<ChatTokenizer, readonly number[]>();

/** Ids that a suffix may use: those that decode to printable ASCII, special tokens excluded. */
export function suffixTokens(tokenizer: ChatTokenizer): readonly number[] {
  const ids =
    suffixTokensOf.get(tokenizer) ??
    Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter(
      (id) => !tokenizer.specialIds.has(id) && printableAscii.test(tokenizer.decode([id])),
    );
  suffixTokensOf.set(tokenizer, ids);
  return ids;
}

/** The conversation that asks for the behavior with a suffix after the request. */
export const placeSuffix =
  (behavior: Behavior): Placement =>
  (suffix) =>
    conversation(behavior, withSuffix(behavior.prompt, suffix));

/**
 * The span of a suffix that is not yet known, in a prompt behind which a target is scored; located
 * with a stand-in.
 * @throws LabError 'not-supported' when the tokenizer merges the suffix with the text around it
 */
export const suffixSpan = (tokenizer: ChatTokenizer, place: Placement): PromptSpan =>
  locateSpan(tokenizer, place, ' !', { atAnswer: true });

export interface Suffix {
  readonly ids: readonly number[];
  readonly text: string;
}

/** One behavior for one model, in whose prompt the suffix is a run of tokens. */
export interface SuffixPrompt<M extends ScoringModel = ScoringModel> {
  readonly model: M;
  readonly place: Placement;
  /** The prompt with the initial suffix. */
  readonly span: PromptSpan;
  readonly target: readonly number[];
}

/** @throws LabError 'not-supported' when the tokenizer merges the suffix with the text around it */
export function suffixPrompt<M extends ScoringModel>(
  model: M,
  behavior: Behavior,
  initial: string,
): SuffixPrompt<M> {
  const place = placeSuffix(behavior);
  const span = locateSpan(model.tokenizer, place, initial, { atAnswer: true });
  return { model, place, span, target: model.tokenizer.encode(targetOf(behavior)) };
}

export const initialSuffix = ({ span, model }: SuffixPrompt): Suffix => {
  const ids = span.prompt.slice(span.start, span.end);
  return { ids, text: model.tokenizer.decode(ids) };
};

/** The suffix of `ids` if its text retokenizes to these very ids in every prompt, else `null`. */
export function retokenizedSuffix(prompts: readonly SuffixPrompt[], ids: readonly number[]): Suffix | null {
  const texts = prompts.map(({ model, place, span }) =>
    textOfSpan(model.tokenizer, place, span, ids, { atAnswer: true }),
  );
  const [text] = texts;
  return typeof text === 'string' && texts.every((other) => other === text) ? { ids, text } : null;
}

/** Log-probs of the target after each suffix. */
export const scoreSuffixes = (
  { model, span, target }: SuffixPrompt,
  suffixes: readonly Suffix[],
  options: ScoringOptions,
): Promise<Float32Array[]> =>
  model.logProbs(
    suffixes.map(({ ids }) => ({ prompt: replaceSpan(span, ids), target })),
    options,
  );

/** As `tokenGradient`, for the tokens of the suffix: shape [S, V]. */
export const suffixGradient = (
  { model, span, target }: SuffixPrompt<WhiteBoxModel>,
  { ids }: Suffix,
  options: Abortable,
): Promise<Float32Array> => {
  const { start } = span;
  return model.tokenGradient(
    { prompt: replaceSpan(span, ids), start, end: start + ids.length, target },
    options,
  );
};
