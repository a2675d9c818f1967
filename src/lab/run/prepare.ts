/** @file Lets defenses learn about a model what they have to know, once for a model, its contrast and their options. */
import type { ContrastPrompts } from '../../core/contrast.ts';
import { createRandom } from '../../core/random.ts';
import type { Artifact } from '../../defenses/defense.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Preparation } from '../records/events.ts';
import { nothingToLearnFrom, type ChosenDefense } from '../trials/resolve.ts';
import type { LoadedModels } from './loaded-models.ts';
import { defaultAccess } from './model-pool.ts';

export interface Preparing {
  readonly signal: AbortSignal;
  readonly onProgress?: (preparation: Preparation) => void;
}

/** What was learned, for as long as the model is loaded. */
const learned = new WeakMap<LanguageModel, Map<string, Artifact>>();

/**
 * The defenses with what they learned about the target of `cast`. What a plan gives is taken as it is. The cost is
 * that of the experiment, and counted for no trial. The seed of the learning is fixed: the same defense is tested
 * whatever the seed of the plan.
 * @throws LabError 'bad-plan' when there is nothing to learn from
 */
export async function prepared(
  cast: LoadedModels,
  target: ModelEntry,
  defenses: readonly ChosenDefense[],
  contrast: ContrastPrompts | null,
  { signal, onProgress }: Preparing,
): Promise<readonly ChosenDefense[]> {
  const ready: ChosenDefense[] = [];
  for (const chosen of defenses) {
    const { method, options, artifact } = chosen;
    if (method.prepare === undefined || artifact !== undefined) {
      ready.push(chosen);
      continue;
    }
    if (contrast === null) throw nothingToLearnFrom(method.id);
    const model = cast.target(method.access === 'white-box' ? 'white-box' : defaultAccess(target));
    const known = learned.get(model) ?? new Map<string, Artifact>();
    learned.set(model, known);
    const key = JSON.stringify([method.id, options, contrast]);
    const found =
      known.get(key) ??
      (await method.prepare(model, contrast, options, {
        signal,
        random: createRandom(method.id).fork('prepare'),
        onProgress: (done, total) => onProgress?.({ model: target.id, defense: method.id, done, total }),
      }));
    known.set(key, found);
    ready.push({ ...chosen, artifact: found });
  }
  return ready;
}
