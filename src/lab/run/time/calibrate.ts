/** @file Times a model for a moment, so that a run can be estimated before it starts. */
import { conversation } from '../../../attacks/attack.ts';
import type { Behavior } from '../../../core/behavior.ts';
import { startStopwatch } from '../../../core/stopwatch.ts';
import type { GenerateOptions, LanguageModel } from '../../../models/language-model.ts';
import type { Plan } from '../../plan/plan.ts';

/** Tokens of answers that are cut short, to see how long whole ones take. */
const fewTokens = 8;
/** Whole answers are timed for so long, ms, if they could not take more than twice that. */
const mostMs = 1_500;

/**
 * Have a model answer plain requests side by side: a few tokens first, which also warm the engine up, and whole answers where
 * these do not take long.
 * @param behaviors those that will be asked directly, at least one; so many of them, harmful and harmless, as run side by side
 * @returns ms per answer
 */
export async function calibrate(
  model: LanguageModel,
  behaviors: readonly Behavior[],
  { sampling, record, concurrency }: Pick<Plan, 'sampling' | 'record' | 'concurrency'>,
  signal: AbortSignal,
): Promise<number> {
  const { maxNewTokens, ...planned } = sampling;
  const asked = spread(behaviors, concurrency);
  const timed = async (tokens: number): Promise<number> => {
    const watch = startStopwatch();
    const options: GenerateOptions = {
      maxNewTokens: tokens,
      sampling: planned,
      topTokens: record.topTokens,
      signal,
    };
    // A behavior that cannot be answered is reported by its trial.
    await Promise.allSettled(asked.map((behavior) => model.generate(conversation(behavior), options)));
    signal.throwIfAborted();
    return watch.elapsedMs();
  };
  const few = Math.min(fewTokens, maxNewTokens);
  await timed(1);
  // What else the device does while a page starts must not make a fast model look slow.
  const shortMs = Math.min(await timed(few), await timed(few));
  // Most answers end long before they may.
  if ((shortMs * maxNewTokens) / few > 2 * mostMs) {
    const promptMs = await timed(1);
    const tokenMs = few > 1 ? Math.max(0, shortMs - promptMs) / (few - 1) : shortMs;
    return (promptMs + (tokenMs * maxNewTokens) / 2) / asked.length;
  }
  const watch = startStopwatch();
  const rounds: number[] = [];
  while (watch.elapsedMs() < mostMs) rounds.push(await timed(maxNewTokens));
  // The first rounds were still warming up, and a round that something else delayed tells nothing.
  const last = rounds.slice(Math.floor(rounds.length / 2)).toSorted((a, b) => a - b);
  return last[Math.floor(last.length / 2)]! / asked.length;
}

/** @returns up to `count` of the items, evenly over all of them */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  const length = Math.min(count, items.length);
  return Array.from({ length }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / length)]!);
}
