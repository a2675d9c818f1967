/** @file What a model would say if its answer were read between layers. */
import type { ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { topIds } from '../../models/decoding/sampler.ts';
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';
import type { LensLayer, LensToken } from '../records/insight.ts';

/**
 * The first token of the answer, as final norm and head read it from the stream at each layer boundary.
 * @param watch texts whose first tokens are of interest, as the openings of a refusal and of an agreement
 * @throws LabError 'not-supported' for a model without layers
 */
export async function logitLens(
  model: WhiteBoxModel,
  messages: readonly ChatMessage[],
  { top, watch, signal }: Abortable & { readonly top: number; readonly watch: readonly string[] },
): Promise<readonly LensLayer[]> {
  const { tokenizer } = model;
  if (!model.layerLogProbs)
    throw new LabError('not-supported', `"${model.id}" has no layers to read between.`, {
      advice: 'Choose a model that runs in the lab with its weights.',
    });
  const prompt = tokenizer.prompt(messages, { atAnswer: true });
  const ids = watch.map((text) => (tokenizer.encodeWithin ?? tokenizer.encode)(text)[0]!);
  const layers = await model.layerLogProbs(prompt, [prompt.length - 1], signal ? { signal } : {});
  return layers.map(([logProbs], boundary) => {
    const tokens = (some: readonly number[]): readonly LensToken[] =>
      some.map((id) => ({ text: tokenizer.decode([id]), probability: Math.exp(logProbs![id]!) }));
    return { boundary, top: tokens(topIds(logProbs!, top)), watched: tokens(ids) };
  });
}
