/** @file Times a model for a moment, so that a run can be estimated before it starts. */
import { conversation } from '../../../attacks/attack.ts';
import type { Behavior } from '../../../core/behavior.ts';
import { startStopwatch } from '../../../core/stopwatch.ts';
import type { GenerateOptions, LanguageModel } from '../../../models/language-model.ts';
import type { Plan } from '../../plan/plan.ts';

/** Tokens of the first answers, which also warm the engine up. */
const fewTokens = 8;
/** Whole answers are timed if they take no longer, ms, and for so long. */
const mostMs = 1_500;

/**
 * Have a model answer plain requests side by side: a few tokens first, and whole answers where these do not take long.
 * @param behaviors at least one; as many as run side by side
 * @returns ms per answer
 */
export async function calibrate(
  model: LanguageModel,
  behaviors: readonly Behavior[],
  { sampling, record }: Pick<Plan, 'sampling' | 'record'>,
  signal: AbortSignal,
): Promise<number> {
  const { maxNewTokens, ...planned } = sampling;
  const timed = async (tokens: number): Promise<number> => {
    const watch = startStopwatch();
    const options: GenerateOptions = {
      maxNewTokens: tokens,
      sampling: planned,
      topTokens: record.topTokens,
      signal,
    };
    // A behavior that cannot be answered is reported by its trial.
    await Promise.allSettled(behaviors.map((behavior) => model.generate(conversation(behavior), options)));
    signal.throwIfAborted();
    return watch.elapsedMs();
  };
  const few = Math.min(fewTokens, maxNewTokens);
  await timed(1);
  const shortMs = await timed(few);
  if ((shortMs * maxNewTokens) / few > mostMs) {
    const promptMs = await timed(1);
    const tokenMs = few > 1 ? Math.max(0, shortMs - promptMs) / (few - 1) : shortMs;
    return (promptMs + (tokenMs * maxNewTokens) / 2) / behaviors.length;
  }
  const watch = startStopwatch();
  let fastest = Infinity;
  while (watch.elapsedMs() < mostMs) fastest = Math.min(fastest, await timed(maxNewTokens));
  return fastest / behaviors.length;
}
