/** @file Brings an engine up to its speed, so that what is timed first is not timed cold. */
import { conversation } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { turn } from '../../models/decoding/join.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Plan } from '../plan/plan.ts';

/** Time spent for each trial that is to come, and at most; ms. */
const perTrial = 1;
const longest = 2000;

/**
 * Have `model` answer `behaviors` side by side, again and again for a moment, and forget the answers. Compilers inside
 * the browser speed up code that has run for a while; without this the undefended model, which comes first, looks slow
 * beside its defenses. Results do not depend on it.
 */
export async function warmUp(
  model: LanguageModel,
  behaviors: readonly Behavior[],
  { sampling, trials, signal }: Pick<Plan, 'sampling'> & { readonly trials: number; signal: AbortSignal },
): Promise<void> {
  const { maxNewTokens, ...drawn } = sampling;
  const over = AbortSignal.timeout(Math.min(longest, perTrial * trials));
  const options = { maxNewTokens, sampling: drawn, topTokens: 1, signal: AbortSignal.any([signal, over]) };
  while (!over.aborted) {
    const answers = behaviors.map((behavior) => model.generate(conversation(behavior), options));
    // One that cannot be answered will be heard of in its trial.
    await Promise.allSettled(answers);
    await turn();
    signal.throwIfAborted();
  }
}
