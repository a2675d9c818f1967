/** @file How far the states of each token lie along the direction that tells harmful requests from harmless ones. */
import type { ContrastPrompts } from '../../core/contrast.ts';
import { mean } from '../../core/statistics.ts';
import { dot, norm, scaled } from '../../core/vectors.ts';
import { differenceInMeans, lastStreams, streamsOf, type Stream } from '../../models/directions.ts';
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';
import type { Projection } from '../records/insight.ts';

/** Directions of length 1, by layer boundary, and where the requests they come from lie on them, in the mean. */
export interface RefusalDirections extends Omit<Projection, 'values'> {
  readonly directions: readonly Float64Array[];
}

/**
 * By layer boundary, the difference between the mean states of harmful and harmless requests right before the answer.
 * @see https://arxiv.org/abs/2406.11717
 */
export async function refusalDirections(
  model: WhiteBoxModel,
  contrast: Pick<ContrastPrompts, 'harmful' | 'harmless'>,
  options: Abortable & { readonly onRead?: () => void } = {},
): Promise<RefusalDirections> {
  const [harmful, harmless] = [
    await lastStreams(model, contrast.harmful, options),
    await lastStreams(model, contrast.harmless, options),
  ];
  const directions = differenceInMeans(harmful, harmless).map((vector) =>
    scaled(vector, 1 / (norm(vector) || 1)),
  );
  const along = (streams: readonly Stream[]) =>
    directions.map((direction, boundary) => mean(streams.map((stream) => dot(stream[boundary]!, direction))));
  return { directions, harmful: along(harmful), harmless: along(harmless) };
}

/** @param refusal of the model itself; or of the model before training, to see what training moved */
export async function projectionOf(
  model: Pick<WhiteBoxModel, 'hiddenStates'>,
  { directions, harmful, harmless }: RefusalDirections,
  ids: readonly number[],
  options: Abortable = {},
): Promise<Projection> {
  const streams = await streamsOf(model, ids, 0, options);
  const values = directions.map((direction, boundary) =>
    streams.map((stream) => dot(stream[boundary]!, direction)),
  );
  return { values, harmful, harmless };
}
