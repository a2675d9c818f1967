/**
 * @file The edits of a suffix in FLRT: delete, swap or insert one token. New tokens are drawn from what the model itself
 * expects there. S = tokens of the suffix.
 */
import type { Random } from '../../core/random.ts';
import type { Abortable, ScoringModel } from '../../models/language-model.ts';
import { drawDistinct } from '../parts/draws.ts';

export const editKinds = ['insert', 'swap', 'delete'] as const;
export type EditKind = (typeof editKinds)[number];

/** A kind drawn by its weight, among those that keep the length between `least` and `most`. */
export function drawKind(
  weights: Readonly<Record<EditKind, number>>,
  length: number,
  { least, most }: { readonly least: number; readonly most: number },
  random: Random,
): EditKind {
  if (length <= least) return 'insert';
  const able = editKinds.filter((kind) => weights[kind] > 0 && (kind !== 'insert' || length < most));
  const sum = able.reduce((all, kind) => all + weights[kind], 0);
  let left = random.next() * sum;
  return able.find((kind) => (left -= weights[kind]) < 0) ?? able.at(-1) ?? 'swap';
}

/**
 * At each position of a suffix and behind it, `count` distinct tokens drawn from the model's distribution there.
 * @param prefix the prompt before the suffix
 * @returns shape [S + 1, count]
 */
export async function likelyTokens(
  model: ScoringModel,
  prefix: readonly number[],
  ids: readonly number[],
  { allowed, count }: { readonly allowed: readonly number[]; readonly count: number },
  random: Random,
  options: Abortable,
): Promise<number[][]> {
  const session = await model.open([prefix], options);
  try {
    const drawn: number[][] = [];
    for (let position = 0; position <= ids.length; position++) {
      drawn.push(drawDistinct(session.logits(0), allowed, count, 1, random));
      if (position < ids.length) await session.advance([ids[position]!]);
    }
    return drawn;
  } finally {
    await session.close();
  }
}

/** Up to `count` suffixes with one token less, each at another position. */
export const deletions = (ids: readonly number[], count: number, random: Random): number[][] =>
  random.sample([...ids.keys()], Math.min(count, ids.length)).map((at) => ids.toSpliced(at, 1));

/**
 * Suffixes with one token swapped or inserted: all that `tokens` allows where these are fewer than `count`, else draws.
 * @param tokens shape [S, *] for swaps, [S + 1, *] for insertions
 */
export function replacements(
  ids: readonly number[],
  kind: Exclude<EditKind, 'delete'>,
  tokens: readonly (readonly number[])[],
  count: number,
  random: Random,
): number[][] {
  const places = tokens.slice(0, kind === 'swap' ? ids.length : ids.length + 1);
  const edit = (at: number, id: number) => ids.toSpliced(at, kind === 'swap' ? 1 : 0, id);
  const all = places.reduce((sum, choices) => sum + choices.length, 0);
  if (all <= count) return places.flatMap((choices, at) => choices.map((id) => edit(at, id)));
  const able = [...places.keys()].filter((at) => places[at]!.length > 0);
  return Array.from({ length: count }, () => {
    const at = random.pick(able);
    return edit(at, random.pick(places[at]!));
  });
}
