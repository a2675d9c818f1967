/** @file Lets defenses learn what they need to know about a model, once per model, contrast and options. */
import type { ContrastPrompts } from '../../core/contrast.ts';
import { sumOfCounts } from '../../core/counts.ts';
import { isClassifierRole } from '../../core/method.ts';
import { createRandom } from '../../core/random.ts';
import { startStopwatch } from '../../core/stopwatch.ts';
import { hasToLearn, type Artifact } from '../../defenses/defense.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import type { LanguageModel, WhiteBoxModel } from '../../models/language-model.ts';
import type { LearningCosts } from '../plan/artifacts.ts';
import type { Preparation } from '../records/events.ts';
import { totalUsage } from '../records/usage.ts';
import type { ChosenDefense } from '../trials/choices.ts';
import { roleModels, type LoadedModels } from './loaded-models.ts';
import { createMeter, metered, type Meter } from './meter.ts';
import { defaultAccess } from './model-pool.ts';

export interface Preparing {
  readonly signal: AbortSignal;
  readonly onProgress?: (preparation: Preparation) => void;
}

interface Learned {
  readonly artifact: Artifact;
  readonly spent: LearningCosts;
}

/** A defense with its artifact, and what learning it took; `null` if nothing was learned. */
export interface PreparedDefense {
  readonly chosen: ChosenDefense;
  readonly spent: LearningCosts | null;
}

/** By model, for as long as it is loaded. */
const learnedOf = new WeakMap<LanguageModel, Map<string, Learned>>();

/**
 * The defenses with their artifacts for `target`. An artifact that the plan gives is taken as it is. What learning takes is
 * counted apart, and for no trial. Its seed is fixed, so that every seed of a plan tests the same defense.
 * @param contrast not null where a defense has to learn, as `resolvePlan` and `resolveRequest` check
 */
export async function prepareDefenses(
  models: LoadedModels,
  target: ModelEntry,
  defenses: readonly ChosenDefense[],
  contrast: ContrastPrompts | null,
  { signal, onProgress }: Preparing,
): Promise<readonly PreparedDefense[]> {
  const ready: PreparedDefense[] = [];
  for (const chosen of defenses) {
    const { method, options, artifact } = chosen;
    if (artifact !== undefined || !hasToLearn(method, options)) {
      ready.push({ chosen, spent: null });
      continue;
    }
    const model = models.target(method.access === 'white-box' ? 'white-box' : defaultAccess(target));
    const learned = learnedOf.get(model) ?? new Map<string, Learned>();
    learnedOf.set(model, learned);
    const guards = method.needs.filter(isClassifierRole).map((role) => models.classifier(role).id);
    const key = JSON.stringify([method.id, options, contrast, guards]);
    const learn = async (): Promise<Learned> => {
      const meter = createMeter();
      const watch = startStopwatch();
      const own = await method.prepare!(
        metered(model, 'target', meter) as WhiteBoxModel,
        contrast!,
        options,
        {
          signal,
          random: createRandom(method.id).fork('prepare'),
          classifier: roleModels(models, meter).classifier,
          onProgress: (done, total) => onProgress?.({ model: target.id, defense: method.id, done, total }),
        },
      );
      return { artifact: own, spent: costsOf(meter, watch.elapsedMs()) };
    };
    const lesson = learned.get(key) ?? (await learn());
    learned.set(key, lesson);
    ready.push({ chosen: { ...chosen, artifact: lesson.artifact }, spent: lesson.spent });
  }
  return ready;
}

function costsOf({ usage }: Meter, elapsedMs: number): LearningCosts {
  const { queries, scored, gradients, promptTokens, completionTokens, scoredTokens = 0 } = totalUsage(usage);
  const tokens = sumOfCounts([promptTokens, completionTokens, scoredTokens]);
  return { queries, sequences: scored, gradients, tokens, elapsedMs };
}
