/** @file `replay`: sends the attack results of a run to other defenses or another model, without attacking again. */
import { excerpt } from '../../src/core/excerpt.ts';
import { isAdaptive } from '../../src/lab/plan/attack-mode.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import type { Plan } from '../../src/lab/plan/plan.ts';
import type { TrialKey } from '../../src/lab/records/trial.ts';
import { placerFor } from '../../src/lab/trials/placement.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { replayedOutcomes, translatorFor, type ReplaySource } from '../../src/lab/trials/replay.ts';
import { fillRoles, readStack } from './choices.ts';
import { badUsage, readInput, readLongInput } from './failure.ts';
import { checkModelIds, modelsIn, withModelIds, type NamingOptions } from './models/named.ts';
import { pathsIn, placed, readHead } from './run-folder.ts';
import { runInto, type FolderOptions } from './run.ts';
import { eachTrial } from './trial-file.ts';

export interface ReplayChoices {
  /** Target models. Empty: those of the run. */
  readonly model: readonly string[];
  /** Stacks of defenses, one per column, written `a+b`. Empty: those of the run. */
  readonly defense: readonly string[];
  /** The target model of the run whose attack results are replayed. */
  readonly from?: string;
  readonly role: readonly string[];
}

export async function replay(
  folder: string,
  options: FolderOptions & ReplayChoices & NamingOptions,
): Promise<void> {
  const choices = await readLongInput(() => withModelIds(options));
  await runInto(
    readInput(() => readReplay(folder, choices)),
    choices,
  );
}

/**
 * The source run may be larger than memory: of each of its attacks one result is kept, and nothing else.
 * @throws CommandError or LabError when the folder holds no run, or lacks results that the replay needs
 */
export function readReplay(
  folder: string,
  choices: ReplayChoices,
): { readonly plan: Plan; readonly sources: readonly ReplaySource[] } {
  const { plan: source } = readHead(folder);
  const { resolved, chunks } = expandPlan(replayPlan(source, choices), registries);
  const { plan } = resolved;
  checkModelIds(modelsIn(plan));
  const keyOf = (model: string, { attack, behavior }: Pick<TrialKey, 'attack' | 'behavior'>) =>
    JSON.stringify([model, attack, behavior]);
  const wanted = new Set(
    chunks.flatMap(({ trials }) => trials.map(({ key }) => keyOf(plan.replay![key.model]!, key))),
  );
  const sources: ReplaySource[] = [];
  const path = pathsIn(folder).trials;
  const trialOf = placerFor(expandPlan(source, registries).chunks);
  eachTrial(path, (trial) => {
    placed(path, trial, trialOf);
    if (isAdaptive(trial.record)) return;
    const { model, attack, behavior, attackResult, attackSteps, attackUsage, error } = trial.record;
    if (!wanted.delete(keyOf(model, { attack, behavior }))) return;
    sources.push({
      ...{ model, attack, behavior, attackResult, attackSteps, attackUsage },
      ...(error && { error }),
    });
  });
  translatorFor(replayedOutcomes(plan, chunks, sources), resolved, registries);
  return { plan, sources };
}

/** The plan of a run with other targets or defenses. A target of that run gets its own attack results. */
export function replayPlan(source: Plan, { model, defense, from, role }: ReplayChoices): Plan {
  const attacked = source.models.targets;
  if (from !== undefined && !attacked.includes(from))
    throw badUsage(`The run did not attack ${excerpt(from)}.`, `It attacked ${attacked.join(', ')}.`);
  const targets = model.length > 0 ? [...model] : attacked;
  const originOf = (target: string) => from ?? (attacked.includes(target) ? target : attacked[0]!);
  const defenses =
    defense.length > 0
      ? defense.map((text) => ({
          stack: readStack(text).map(({ id, options = {} }) => ({ id, options })),
        }))
      : source.defenses;
  const stacks = defenses.flatMap(({ stack }) => stack);
  const sourceRoles = Object.entries(source.models.roles).map(([name, id]) => `${name}=${id}`);
  const { attackMode: _, ...replayable } = source;
  return {
    ...replayable,
    models: {
      targets,
      roles: {
        ...source.models.roles,
        ...fillRoles({ defenses: stacks, evaluators: source.evaluators }, [...sourceRoles, ...role]),
      },
    },
    defenses,
    replay: Object.fromEntries(targets.map((target) => [target, originOf(target)])),
  };
}
