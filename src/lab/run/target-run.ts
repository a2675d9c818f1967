/** @file Makes a target ready for its trials: its models loaded, its stacks of defenses built, its engine warm. */
import type { AttackStep } from '../../attacks/attack.ts';
import { changed } from '../../core/options.ts';
import type { Artifact } from '../../defenses/defense.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { rolesUsed, type RoleEntries } from '../plan/find-models.ts';
import { withModel, type RunArtifact } from '../plan/artifacts.ts';
import { undefended } from '../plan/plan.ts';
import type { RunEvent } from '../records/events.ts';
import type { AttackOutcome } from '../records/trial.ts';
import type { NamedStack } from '../trials/choices.ts';
import type { ResolvedPlan } from '../trials/resolve.ts';
import type { Chunk, Trial } from '../trials/trials.ts';
import { trialError } from './failures.ts';
import { defendedModel, type DefendedModel } from './defended-model.ts';
import { learnAttacks, lessonName, type Learner, type Lessons } from './learn.ts';
import { loadModels, requiredModels, type LoadedModels } from './loaded-models.ts';
import { createSignalMeters } from './meter.ts';
import { defaultAccess, type ModelPool } from './model-pool.ts';
import { prepareDefenses } from './prepare.ts';
import { runChunk, textSettings, type FinishedTrial } from './run-chunk.ts';
import { warmUp } from './warm-up.ts';

/** A target that is ready for its trials. */
export interface TargetRun {
  /** @param outcomes of attacks that are made already, by seed; those that are made are added */
  run(
    chunk: Chunk,
    outcomes: Map<string, AttackOutcome>,
    listeners: { readonly signal: AbortSignal; readonly onStep: (trial: Trial, step: AttackStep) => void },
  ): Promise<readonly FinishedTrial[]>;
  /** What its defenses know of it, by stack and position; `undefined` for those that learn nothing or are not needed. */
  readonly artifacts: readonly (readonly (Artifact | undefined)[])[];
  /** What its attacks learned of it. */
  readonly lessons: Lessons;
}

export interface OpenTargetOptions {
  readonly models: ModelPool;
  readonly warmsUp?: boolean | undefined;
  /** Whether an attack result edits the model. */
  readonly hasEdits: boolean;
  /** The chunks that it is to run, all of this target: only what these need is made ready. Not empty. */
  readonly chunks: readonly Chunk[];
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  /** Keeps what a defense learned. */
  readonly onArtifact: (artifact: RunArtifact) => Promise<void>;
  /** What the attacks learned elsewhere. Default: they learn here. */
  readonly lessons?: Lessons | undefined;
}

/**
 * The models in the roles that the chunks call for.
 * @param resolved with `replay`, results may come in another language: whatever translates them is needed too
 */
export function rolesFor({ roles, settings, plan }: ResolvedPlan, chunks: readonly Chunk[]): RoleEntries {
  const methods = chunks.flatMap(({ attack, stack }) => [
    ...(attack === null || plan.replay ? [] : [attack]),
    ...stack.defenses,
  ]);
  const used = rolesUsed(roles, [...methods, ...settings.evaluators]);
  return plan.replay && roles.translator ? { ...used, translator: roles.translator } : used;
}

/**
 * Make ready what the chunks need, and nothing else of the plan.
 * @throws LabError of a model that cannot be loaded, or a defense that cannot learn, before any trial is run
 */
export async function openTarget(
  target: ModelEntry,
  resolved: ResolvedPlan,
  options: OpenTargetOptions,
): Promise<TargetRun> {
  const { hasEdits, chunks, signal, emit } = options;
  const { settings, stacks, plan } = resolved;
  // Which engine a model runs on is a matter of the whole plan, so that a part of it has the same bytes.
  const required = requiredModels(
    target,
    rolesFor(resolved, chunks),
    plan.replay ? [] : resolved.attacks,
    stacks.flatMap((stack) => stack.defenses),
  );
  const models = await loadModels(
    options.models,
    { ...required, whiteBox: required.whiteBox || hasEdits },
    {
      signal,
      chatTemplate: settings.chatTemplate,
      onProgress: (progress) => emit({ type: 'load', progress }),
    },
  );
  const meters = createSignalMeters();
  const prepared = await prepareStacks(target, resolved, models, options);
  const defended = new Map<string, DefendedModel>(
    prepared
      .filter(({ name }) => isUsed(name, chunks))
      .map(({ name, defenses }) => [
        name,
        defendedModel(models, defaultAccess(target), defenses, meters.meterOf),
      ]),
  );
  const behind = (stack: string) => ({ stack, defended: defended.get(stack)!, meters });
  const lessons = options.lessons ?? (await lessonsFor(target, resolved, models, behind, options));
  // A server is warm already, and its answers may cost money.
  if (options.warmsUp && target.source.kind !== 'endpoint' && settings.topTokens > 0)
    await warmUp(
      models.target(defaultAccess(target)),
      chunks[0]!.trials.map(({ behavior }) => behavior),
      {
        sampling: plan.sampling,
        trials: chunks.reduce((sum, chunk) => sum + chunk.trials.length, 0),
        signal,
      },
    );
  return {
    run: (chunk, outcomes, listeners) =>
      runChunk(chunk, {
        settings,
        models,
        defended: defended.get(chunk.stack.name)!,
        meters,
        outcomes,
        lessons,
        ...listeners,
        recordable: trialError,
      }),
    artifacts: prepared.map(({ defenses }) => defenses.map(({ artifact }) => artifact)),
    lessons,
  };
}

/** Let the attacks learn that have a trial still to be made, of each model that they are made on. */
async function lessonsFor(
  target: ModelEntry,
  { attacks, contrast, settings, plan }: ResolvedPlan,
  models: LoadedModels,
  behind: (stack: string) => Required<Learner>['behind'],
  { chunks, signal, emit }: OpenTargetOptions,
): Promise<Lessons> {
  if (plan.replay) return new Map();
  const learners = new Map<string, Learner>();
  for (const { stack, attack, mode } of chunks) {
    const adaptive = mode === 'adaptive';
    if (attack === null || !(adaptive || stack.name === undefended)) continue;
    const name = lessonName(attack.method.id, adaptive ? stack.name : undefined);
    learners.set(name, { attack, ...(adaptive && { behind: behind(stack.name) }) });
  }
  return learnAttacks(models, [...learners.values()], {
    texts: textSettings(settings),
    behaviors: settings.trainingBehaviors,
    contrast,
    seed: plan.seed,
    signal,
    recordable: trialError,
    onStep(attack, { step }) {
      const done = step + 1;
      const steps = attacks.find(({ method }) => method.id === attack)?.options['steps'];
      const total = Math.max(done, typeof steps === 'number' ? steps : 0);
      emit({ type: 'prepare', preparation: { model: target.id, defense: attack, done, total } });
    },
  });
}

const isUsed = (stack: string, chunks: readonly Chunk[]): boolean =>
  chunks.some((chunk) => chunk.stack.name === stack);

/** Let the defenses of every stack that is used learn what they need; the others keep their places. */
async function prepareStacks(
  target: ModelEntry,
  { stacks, contrast }: ResolvedPlan,
  models: LoadedModels,
  { chunks, signal, emit, onArtifact }: OpenTargetOptions,
): Promise<readonly NamedStack[]> {
  const prepared: NamedStack[] = [];
  for (const { name, defenses: chosen } of stacks) {
    if (!isUsed(name, chunks)) {
      prepared.push({ name, defenses: chosen });
      continue;
    }
    const ready = await prepareDefenses(models, target, chosen, contrast, {
      signal,
      onProgress: (preparation) => emit({ type: 'prepare', preparation }),
    });
    for (const { chosen: learned, spent } of ready) {
      const { method, options, artifact } = learned;
      if (artifact === undefined || spent === null) continue;
      const fresh = {
        model: target.id,
        defense: method.id,
        options: changed(method.options, options),
        artifact: withModel(artifact, target.id),
        spent,
      };
      await onArtifact(fresh);
      emit({ type: 'artifact', ...fresh });
    }
    prepared.push({ name, defenses: ready.map((defense) => defense.chosen) });
  }
  return prepared;
}
