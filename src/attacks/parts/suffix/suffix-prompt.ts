/** @file Where a suffix is tried: one request to one model, in whose prompt the suffix is a run of tokens. */
import type { Behavior } from '../../../core/behavior.ts';
import { boolean, choice, integer } from '../../../core/options.ts';
import type { Random } from '../../../core/random.ts';
import type { ChatTokenizer } from '../../../models/chat-tokenizer.ts';
import type { Abortable, ScoringOptions, WhiteBoxModel } from '../../../models/language-model.ts';
import {
  locateSpan,
  replaceSpan,
  textOfSpan,
  type Placement,
  type PromptSpan,
} from '../../../models/prompt-span.ts';
import { conversation } from '../../attack.ts';
import { dealSwap, drawSwap } from './coordinate-search.ts';
import { targetOf, withSuffix } from '../target.ts';

export interface Suffix {
  readonly ids: readonly number[];
  readonly text: string;
}

export interface Site {
  readonly model: WhiteBoxModel;
  readonly place: Placement;
  /** The prompt with the suffix that the search starts from. */
  readonly span: PromptSpan;
  readonly target: readonly number[];
}

/** The conversation that asks for the behavior with a suffix behind the request. */
export const placeSuffix =
  (behavior: Behavior): Placement =>
  (suffix) =>
    conversation(behavior, withSuffix(behavior.prompt, suffix));

/**
 * Where a suffix will stand, found by one that stands in for it.
 * @throws LabError 'not-supported' when the tokenizer cannot hold it apart from what stands around it
 */
export const suffixSpan = (tokenizer: ChatTokenizer, place: Placement): PromptSpan =>
  locateSpan(tokenizer, place, ' !');

/** @throws LabError 'not-supported' when the tokenizer cannot hold the suffix apart from what stands around it */
export function openSite(model: WhiteBoxModel, behavior: Behavior, initial: string): Site {
  const place = placeSuffix(behavior);
  const span = locateSpan(model.tokenizer, place, initial);
  return { model, place, span, target: model.tokenizer.encode(targetOf(behavior)) };
}

export const suffixOf = ({ span, model }: Site): Suffix => {
  const ids = span.prompt.slice(span.start, span.end);
  return { ids, text: model.tokenizer.decode(ids) };
};

/** Log-probs of the site's target behind each suffix. */
export const scoreSuffixes = (
  { model, span, target }: Site,
  suffixes: readonly Suffix[],
  options: ScoringOptions,
): Promise<Float32Array[]> =>
  model.logProbs(
    suffixes.map(({ ids }) => ({ prompt: replaceSpan(span, ids), target })),
    options,
  );

/** As `tokenGradient` for the tokens of the suffix. */
export const suffixGradient = (
  { model, span, target }: Site,
  { ids }: Suffix,
  options: Abortable,
): Promise<Float32Array> => {
  const { start } = span;
  return model.tokenGradient(
    { prompt: replaceSpan(span, ids), start, end: start + ids.length, target },
    options,
  );
};

/** The suffix of `ids` if every site reads its text as these very ids, else `null`. */
export function readSuffix(sites: readonly Site[], ids: readonly number[]): Suffix | null {
  const texts = sites.map(({ model, place, span }) => textOfSpan(model.tokenizer, place, span, ids));
  const [text] = texts;
  return typeof text === 'string' && texts.every((other) => other === text) ? { ids, text } : null;
}

/** Draws for one candidate that survives retokenization, before a step makes do with fewer. */
const drawsPerCandidate = 4;

export const proposalOptions = {
  suffixLength: integer({
    description: 'Exclamation marks that the suffix starts from.',
    default: 20,
    min: 1,
    max: 100,
    unit: 'marks',
  }),
  candidates: integer({
    description: 'Suffixes scored in each step; the paper has 512.',
    default: 64,
    min: 1,
    max: 2048,
    unit: 'suffixes',
  }),
  topK: integer({
    description: 'Swaps considered at each position, best by gradient; the paper has 256.',
    default: 64,
    min: 1,
    max: 2048,
    unit: 'swaps',
  }),
  replacements: integer({
    description: 'Positions that one candidate changes, when they are drawn.',
    default: 1,
    min: 1,
    max: 20,
    unit: 'positions',
  }),
  positions: choice({
    description: 'Whether positions to change are drawn, or dealt to the candidates in turn as in the paper.',
    choices: ['drawn', 'dealt'],
    default: 'drawn',
  }),
  prefixCache: boolean({
    description: 'Whether what stands before the suffix is read once for all candidates of a step.',
    default: true,
  }),
} as const;

/** Distinct suffixes, unlike `from`, that reach every site as the very ids that will be scored. */
export function proposeSuffixes(
  sites: readonly Site[],
  from: Suffix,
  swaps: readonly (readonly number[])[],
  options: {
    readonly candidates: number;
    readonly replacements: number;
    readonly positions: 'drawn' | 'dealt';
  },
  random: Random,
): readonly Suffix[] {
  const { candidates, replacements, positions } = options;
  const found = new Map<string, Suffix>();
  for (let draw = 0; draw < candidates * drawsPerCandidate; draw++) {
    const ids =
      positions === 'dealt'
        ? dealSwap(from.ids, swaps, [draw % candidates, candidates], random)
        : drawSwap(from.ids, swaps, replacements, random);
    const suffix = readSuffix(sites, ids);
    if (suffix !== null && suffix.text !== from.text) found.set(suffix.text, suffix);
    if (found.size === candidates) break;
  }
  return [...found.values()];
}
