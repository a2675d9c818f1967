/** @file Runs a plan from where it was left, one chunk of trials after the other. */
import { isAbort } from '../../core/errors.ts';
import { changed } from '../../core/options.ts';
import { summarize } from '../analysis/summarize.ts';
import { withModel } from '../plan/artifacts.ts';
import type { RunEvent } from '../records/events.ts';
import type { DeviceInfo } from '../records/run.ts';
import type { RunSummary } from '../records/summary.ts';
import type { AttackOutcome, TrialRecord } from '../records/trial.ts';
import type { RunStore } from '../store/run-store.ts';
import { openRunWriter, type RunWriter } from '../store/run-writer.ts';
import type { ChosenDefense, NamedStack } from '../trials/choices.ts';
import type { Registries } from '../trials/registries.ts';
import { attackOutcomeOf, replayedOutcomes, translatorFor } from '../trials/replay.ts';
import type { ResolvedPlan } from '../trials/resolve.ts';
import { expandPlan, type Chunk, type ExpandedPlan } from '../trials/trials.ts';
import { eventsOf } from './events.ts';
import { trialError } from './failures.ts';
import {
  defendedModel,
  loadModels,
  requiredModels,
  type DefendedModel,
  type LoadedModels,
} from './loaded-models.ts';
import { createSignalMeters, type SignalMeters } from './meter.ts';
import { defaultAccess, type ModelPool } from './model-pool.ts';
import { prepareDefenses } from './prepare.ts';
import { runChunk, type FinishedTrial } from './run-chunk.ts';
import { warmUp } from './warm-up.ts';

export interface RunEnvironment {
  readonly registries: Registries;
  readonly models: ModelPool;
  readonly store: RunStore;
  readonly device: DeviceInfo;
  /** Spend a moment on bringing the engine up to its speed before the first trial. Default false. */
  readonly warmsUp?: boolean | undefined;
}

/**
 * Run a plan, or go on with it.
 *
 * An attack is computed once per model, behavior and attack, against the undefended model; its result is replayed
 * against every defense. Attacks therefore do not adapt to defenses: rates under a defense are those of transfer.
 * A plan with `replay` attacks nothing; its results are those of `sources`, the trials of another run.
 *
 * Trials run in chunks of `plan.concurrency`, so that the runtime joins their requests into batches. A chunk with any
 * trial missing is run again whole: the batches are those of an undisturbed run, and so are the bytes of the records.
 *
 * @throws LabError 'bad-plan' and other codes of `resolvePlan` before anything is loaded; 'run-locked',
 * 'quota-exceeded', and whatever loading a model throws. Stored trials survive all of them.
 */
export async function* runPlan(
  runId: string,
  input: unknown,
  environment: RunEnvironment,
  signal: AbortSignal,
  sources: readonly TrialRecord[] = [],
): AsyncGenerator<RunEvent, RunSummary> {
  const { registries, device } = environment;
  const expanded = expandPlan(input, registries);
  const { plan } = expanded.resolved;
  const replayed = replayedOutcomes(plan, expanded.chunks, sources);
  const translator = translatorFor(replayed, expanded.resolved, registries.models);
  const resolved = { ...expanded.resolved, roles: { ...expanded.resolved.roles, ...translator } };
  const writer = await openRunWriter(runId, expanded, environment);
  try {
    await writer.setState('running');
    const records = yield* runMissing(writer, replayed, { ...expanded, resolved }, environment, signal);
    await writer.setState('done');
    return summarize(plan, device, registries.evaluators.all, records);
  } catch (error) {
    await writer.setState(isAbort(error) ? 'stopped' : 'failed');
    throw error;
  } finally {
    writer.release();
  }
}

/** @returns the records of the whole run, in the order of the plan, without what a summary does not read */
async function* runMissing(
  writer: RunWriter,
  replayed: ReadonlyMap<string, AttackOutcome>,
  { resolved, chunks, total }: ExpandedPlan,
  environment: RunEnvironment,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, readonly TrialRecord[]> {
  const records = new Map(writer.stored.map(({ place, record }) => [place, forSummary(record)]));
  const stored = writer.stored.map(({ record }) => [record.seed, attackOutcomeOf(record)] as const);
  const outcomes = new Map([...replayed, ...stored]);
  const unfinished = chunks.filter(({ trials }) => trials.some(({ place }) => !records.has(place)));
  const hasEdits = [...replayed.values()].some(({ result }) => result.edit);

  for (const target of resolved.targets) {
    const ofTarget = unfinished.filter((chunk) => chunk.target === target);
    if (ofTarget.length === 0) continue;
    const defenses = resolved.stacks.flatMap((stack) => stack.defenses);
    const required = requiredModels(
      target,
      resolved.roles,
      resolved.plan.replay ? [] : resolved.attacks,
      defenses,
    );
    const models = yield* eventsOf<RunEvent, LoadedModels>((emit) =>
      loadModels(
        environment.models,
        { ...required, whiteBox: required.whiteBox || hasEdits },
        { signal, onProgress: (progress) => emit({ type: 'load', progress }) },
      ),
    );
    const meters = createSignalMeters();
    // All stacks are built before the first trial, so that one that cannot be built wastes no work.
    const defended = yield* prepareStacks(resolved, target, models, meters, writer, signal);
    if (environment.warmsUp && resolved.settings.topTokens > 0)
      await warmUp(
        models.target(defaultAccess(target)),
        ofTarget[0]!.trials.map(({ behavior }) => behavior),
        {
          sampling: resolved.plan.sampling,
          trials: ofTarget.reduce((sum, chunk) => sum + chunk.trials.length, 0),
          signal,
        },
      );
    for (const chunk of ofTarget) {
      signal.throwIfAborted();
      const missing = chunk.trials.filter(({ place }) => !records.has(place));
      for (const { key } of missing) yield { type: 'trial-start', key };
      const finished = yield* eventsOf<RunEvent, readonly FinishedTrial[]>((emit) =>
        runChunk(chunk, {
          settings: resolved.settings,
          models,
          defended: defended.get(chunk.stack.name)!,
          meters,
          outcomes,
          signal,
          onStep: ({ key }, step) => emit({ type: 'step', key, step }),
          recordable: trialError,
        }),
      );
      const added = finished.flatMap(({ place, record }) => (records.has(place) ? [] : [{ place, record }]));
      await writer.append(added);
      for (const { place, record } of added) {
        records.set(place, forSummary(record));
        yield { type: 'trial', record, finished: records.size, total };
      }
    }
  }
  return [...records].toSorted(([a], [b]) => a - b).map(([, record]) => record);
}

/** Let the defenses of every stack learn what they need, and build the defended models. @returns them by stack name */
async function* prepareStacks(
  { stacks, contrast }: ResolvedPlan,
  target: Chunk['target'],
  models: LoadedModels,
  meters: SignalMeters,
  writer: RunWriter,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, ReadonlyMap<string, DefendedModel>> {
  const prepared: NamedStack[] = [];
  for (const { name, defenses: chosen } of stacks) {
    const defenses = yield* eventsOf<RunEvent, readonly ChosenDefense[]>((emit) =>
      prepareDefenses(models, target, chosen, contrast, {
        signal,
        onProgress: (preparation) => emit({ type: 'prepare', preparation }),
      }),
    );
    for (const [i, { method, options, artifact }] of defenses.entries()) {
      if (artifact === undefined || chosen[i]!.artifact !== undefined) continue;
      const fresh = {
        model: target.id,
        defense: method.id,
        options: changed(method.options, options),
        artifact: withModel(artifact, target.id),
      };
      await writer.addArtifact(fresh);
      yield { type: 'artifact', ...fresh };
    }
    prepared.push({ name, defenses });
  }
  return new Map(
    prepared.map(({ name, defenses }) => [name, defendedModel(models, target, defenses, meters.meterOf)]),
  );
}

/** The parts of a record that a summary reads, so that a long run stays small in memory. */
const forSummary = (record: TrialRecord): TrialRecord => ({ ...record, attackSteps: [], tokens: [] });
