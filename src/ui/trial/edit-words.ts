/** @file What an attack changed inside a model, in plain words. Pure. */
import { list, plural } from '../format.ts';
import type { AttackResult } from '../types.ts';

type ModelEdit = NonNullable<AttackResult['edit']>;
type ResidualEdit = NonNullable<ModelEdit['residual']>[number];

const places = {
  start: 'before the conversation',
  'system-end': 'behind the system prompt',
  'user-end': 'behind the last request',
  'user-text': 'in place of the last request',
} as const;

/** One sentence for the soft tokens, and one for each kind of change of the residual stream. */
export function editWords({ softTokens, residual = [] }: ModelEdit): readonly string[] {
  const boundariesByChange = new Map<string, readonly (number | null)[]>();
  for (const change of residual) {
    const what = changeWords(change);
    boundariesByChange.set(what, [...(boundariesByChange.get(what) ?? []), ...(change.boundaries ?? [null])]);
  }
  return [
    ...(softTokens ? [softWords(softTokens)] : []),
    ...[...boundariesByChange].map(([what, boundaries]) => `${what}, ${boundaryWords(boundaries)}.`),
  ];
}

const softWords = ({ vectors, at }: NonNullable<ModelEdit['softTokens']>): string =>
  `${plural(vectors.length, ['# vector', '# vectors'])} of ${plural(vectors[0]?.length ?? 0, ['# number', '# numbers'])} ${
    vectors.length === 1 ? 'acts as a token' : 'act as tokens'
  } ${places[at]}; they stand for no words.`;

function changeWords({ ablate, add }: ResidualEdit): string {
  const parts = [
    ...(ablate ? ['one direction is taken out of the residual stream'] : []),
    ...(add
      ? [`a vector of length ${Math.hypot(...add).toPrecision(3)} is added to the residual stream`]
      : []),
  ];
  const text = list(parts) || 'the residual stream is left as it is';
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param boundaries 0 is the embedding, n is after layer n; `null` stands for all */
function boundaryWords(boundaries: readonly (number | null)[]): string {
  if (boundaries.includes(null)) return 'at the embedding and after every layer';
  const layers = boundaries.filter((one) => one !== null && one > 0).map(String);
  return list([
    ...(boundaries.includes(0) ? ['at the embedding'] : []),
    ...(layers.length > 0
      ? [
          `after ${layers.length === 1 ? /* @wc-include */ 'layer' : /* @wc-include */ 'layers'} ${list(layers)}`,
        ]
      : []),
  ]);
}
