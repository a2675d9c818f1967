/** @file How much of a model's attention goes to the tokens of an attack, before the answer and while it begins. */
import { mean } from '../../core/statistics.ts';
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';
import type { AttackAttention } from '../records/insight.ts';
import type { ShownText } from './shown-text.ts';

/**
 * By layer, the mean over heads. The answer's positions are those of its own tokens, whose attention the next ones come from.
 * @returns `null` without tokens of an attack, or from a model that does not tell what it attends to
 */
export async function attackAttention(
  model: Pick<WhiteBoxModel, 'attention'>,
  { ids, tokens, prompt, answer }: ShownText,
  options: Abortable = {},
): Promise<AttackAttention | null> {
  const attacking = tokens.flatMap(({ part }, i) => (part === 'attack' ? [i] : []));
  if (attacking.length === 0 || !model.attention) return null;
  const answering = ids.flatMap((_, i) => (i >= answer ? [i] : []));
  const layers = await model.attention(ids, [prompt - 1, ...answering], options);
  const shareIn = (values: Float32Array): number => {
    const heads = values.length / ids.length;
    let sum = 0;
    for (let head = 0; head < heads; head++) for (const i of attacking) sum += values[head * ids.length + i]!;
    return sum / heads;
  };
  const evenAt = (position: number) => attacking.length / (position + 1);
  const meanOrNull = (values: readonly number[]) => (values.length > 0 ? mean(values) : null);
  return {
    layers: layers.map(([last, ...others], i) => ({
      layer: i + 1,
      prompt: shareIn(last!),
      answer: meanOrNull(others.map(shareIn)),
    })),
    even: { prompt: evenAt(prompt - 1), answer: meanOrNull(answering.map(evenAt)) },
  };
}
