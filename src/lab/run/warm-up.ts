/** @file Warms the engine up, so that the first trials are not timed cold. */
import { conversation } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { turn } from '../../models/decoding/join.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Plan } from '../plan/plan.ts';

/** Warm-up time per trial of the run, and its limit. */
const msPerTrial = 1;
const mostMs = 2000;

/**
 * Have `model` answer `behaviors` side by side for a moment and discard the answers. The browser's compilers speed up
 * code that has run for a while; without a warm-up the undefended model, which comes first, looks slow beside its
 * defenses. Results do not depend on it.
 */
export async function warmUp(
  model: LanguageModel,
  behaviors: readonly Behavior[],
  { sampling, trials, signal }: Pick<Plan, 'sampling'> & { readonly trials: number; signal: AbortSignal },
): Promise<void> {
  const { maxNewTokens, ...planned } = sampling;
  const over = AbortSignal.timeout(Math.min(mostMs, msPerTrial * trials));
  const options = { maxNewTokens, sampling: planned, topTokens: 1, signal: AbortSignal.any([signal, over]) };
  while (!over.aborted) {
    const answers = behaviors.map((behavior) => model.generate(conversation(behavior), options));
    // A behavior that cannot be answered is reported by its trial.
    await Promise.allSettled(answers);
    await turn();
    signal.throwIfAborted();
  }
}
