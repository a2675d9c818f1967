/** @file How soon a model does harm again when it is fine-tuned on a few harmful answers. */
import type { Behavior } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import { parseOptions } from '../../core/options.ts';
import type { Rate } from '../../core/statistics.ts';
import type { TrainingData } from '../../core/training-data.ts';
import { finetune, learnerOptions, type FinetuningSettings } from '../../finetuning/finetune.ts';
import { harmfulFinetuning } from '../../finetuning/harmful-finetuning.ts';
import type { Learner, WhiteBoxModel } from '../../models/language-model.ts';
import type { RelearningPlan } from '../plan/relearning-request.ts';
import type { RelearningPoint } from '../records/insight.ts';
import { harmRate, type Asking } from './harm.ts';

export interface RelearningSettings
  extends Pick<FinetuningSettings, 'seed' | 'learningRate' | 'adapters'>, Asking {
  /** Numbers of updates after which the model is asked, ascending; 0 is the model as it is. */
  readonly at: readonly number[];
  /** Harmful requests to train on, and rows per update. */
  readonly examples: number;
  readonly batchSize: number;
}

/** With the batches and the lengths of answers that all curves of the lab have, so that they can be compared. */
export const usualRelearning = (
  { at, examples, learningRate, rank, seed }: RelearningPlan,
  signal: AbortSignal,
): RelearningSettings => ({
  ...{ at, examples, learningRate, seed, signal, batchSize: 8, maxNewTokens: 96, opened: false },
  adapters: rank === undefined ? null : { rank, alpha: 2 * rank },
});

/**
 * The curve, point by point. The learning rate is constant, so that a point does not depend on those after it.
 * @throws LabError 'bad-input' for data without harmful answers, or behaviors whose answers nobody can grade
 */
export async function* relearning(
  model: WhiteBoxModel,
  data: TrainingData,
  behaviors: readonly Behavior[],
  { at, examples, batchSize, seed, learningRate, adapters, ...asking }: RelearningSettings,
): AsyncGenerator<RelearningPoint, void> {
  if (at.some((updates, i) => i > 0 && updates <= at[i - 1]!))
    throw new LabError('bad-input', 'The numbers of updates do not ascend.', {
      advice: 'List them from the fewest to the most, each once.',
    });
  if (at[0] === 0) yield { updates: 0, rate: await harmRate(model, behaviors, asking) };
  const steps = at.at(-1) ?? 0;
  if (steps === 0) return;
  const settings = { seed, steps, learningRate, warmupSteps: 0, weightDecay: 0, adapters };
  const { schedule: _, ...constant } = learnerOptions(settings);
  const learner = await model.learner(constant);
  try {
    const options = parseOptions(harmfulFinetuning.options, { examples, batchSize }, harmfulFinetuning.id);
    const { signal } = asking;
    const updates = finetune({ method: harmfulFinetuning, options, model, learner, data, settings, signal });
    for await (const { step } of updates)
      if (at.includes(step)) yield { updates: step, rate: await rateNow(learner, behaviors, asking) };
  } finally {
    learner.dispose();
  }
}

async function rateNow(learner: Learner, behaviors: readonly Behavior[], asking: Asking): Promise<Rate> {
  const model = await learner.model();
  try {
    return await harmRate(model, behaviors, asking);
  } finally {
    model.dispose();
  }
}
