/** @file Lets defenses learn what they need to know about a model, once per model, contrast and options. */
import type { ContrastPrompts } from '../../core/contrast.ts';
import { isClassifierRole } from '../../core/method.ts';
import { createRandom } from '../../core/random.ts';
import { hasToLearn, type Artifact } from '../../defenses/defense.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Preparation } from '../records/events.ts';
import type { ChosenDefense } from '../trials/choices.ts';
import type { LoadedModels } from './loaded-models.ts';
import { defaultAccess } from './model-pool.ts';

export interface Preparing {
  readonly signal: AbortSignal;
  readonly onProgress?: (preparation: Preparation) => void;
}

/** By model, for as long as it is loaded. */
const artifactsOf = new WeakMap<LanguageModel, Map<string, Artifact>>();

/**
 * The defenses with their artifacts for `target`. An artifact that the plan gives is taken as it is. The cost of
 * learning is counted for no trial. Its seed is fixed, so that every seed of a plan tests the same defense.
 * @param contrast not null where a defense has to learn, as `resolvePlan` and `resolveRequest` check
 */
export async function prepareDefenses(
  models: LoadedModels,
  target: ModelEntry,
  defenses: readonly ChosenDefense[],
  contrast: ContrastPrompts | null,
  { signal, onProgress }: Preparing,
): Promise<readonly ChosenDefense[]> {
  const ready: ChosenDefense[] = [];
  for (const chosen of defenses) {
    const { method, options, artifact } = chosen;
    if (artifact !== undefined || !hasToLearn(method, options)) {
      ready.push(chosen);
      continue;
    }
    const model = models.target(method.access === 'white-box' ? 'white-box' : defaultAccess(target));
    const artifacts = artifactsOf.get(model) ?? new Map<string, Artifact>();
    artifactsOf.set(model, artifacts);
    const guards = method.needs.filter(isClassifierRole).map((role) => models.classifier(role).id);
    const key = JSON.stringify([method.id, options, contrast, guards]);
    const prepared =
      artifacts.get(key) ??
      (await method.prepare!(model, contrast!, options, {
        signal,
        random: createRandom(method.id).fork('prepare'),
        classifier: models.classifier,
        onProgress: (done, total) => onProgress?.({ model: target.id, defense: method.id, done, total }),
      }));
    artifacts.set(key, prepared);
    ready.push({ ...chosen, artifact: prepared });
  }
  return ready;
}
