/** @file What a model would say if its answer were read between layers. */
import { LabError } from '../../core/errors.ts';
import { argmax, topIds } from '../../models/decoding/sampler.ts';
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';
import type { Lens, LensToken } from '../records/insight.ts';
import type { ShownText } from './shown-text.ts';

/** Positions that are read at most: a distribution over the vocabulary is held for each, at every layer. */
const mostPositions = 16;

export interface LensOptions extends Abortable {
  /** Likeliest first tokens that are told. */
  readonly top: number;
  /** Texts whose first tokens are of interest, as the openings of a refusal and of an agreement. */
  readonly watch: readonly string[];
}

/**
 * The next tokens along opening and answer, as final norm and head read them from the stream at each layer boundary.
 * @throws LabError 'not-supported' for a model without layers
 */
export async function logitLens(
  model: WhiteBoxModel,
  { ids, prompt, answer }: Omit<ShownText, 'tokens'>,
  { top, watch, signal }: LensOptions,
): Promise<Lens> {
  const { tokenizer } = model;
  if (!model.layerLogProbs)
    throw new LabError('not-supported', `"${model.id}" has no layers to read between.`, {
      advice: 'Choose a model that runs in the lab with its weights.',
    });
  const first = Math.max(prompt - 1, answer - mostPositions / 2);
  const last = Math.max(answer - 1, Math.min(ids.length - 2, first + mostPositions - 1));
  const at = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const watchedIds = watch.map((text) => (tokenizer.encodeWithin ?? tokenizer.encode)(text)[0]!);
  const layers = await model.layerLogProbs(ids, at, signal ? { signal } : {});
  return {
    at,
    layers: layers.map((rows, boundary) => {
      const own = rows[answer - 1 - first]!;
      const token = (logProbs: Float32Array, id: number): LensToken => ({
        text: tokenizer.decode([id]),
        probability: Math.exp(logProbs[id]!),
      });
      return {
        boundary,
        top: topIds(own, top).map((id) => token(own, id)),
        watched: watchedIds.map((id) => token(own, id)),
        path: rows.map((logProbs) => token(logProbs, argmax(logProbs))),
      };
    }),
  };
}
