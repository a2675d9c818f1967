/** @file Runs a plan from wherever it was left, one chunk of trials after the other. */
import { changed } from '../../core/options.ts';
import { isAbort } from '../../core/errors.ts';
import type { RunEvent } from '../records/events.ts';
import { defended, loadModels, needsWhiteBox, type LoadedModels } from './loaded-models.ts';
import type { AttackOutcome, TrialRecord } from '../records/trial.ts';
import { runChunk } from './run-chunk.ts';
import { eventsOf } from './events.ts';
import { expandPlan, type ExpandedPlan } from '../trials/trials.ts';
import { openRunWriter, type RunWriter } from '../store/run-writer.ts';
import { withModel } from '../plan/artifacts.ts';
import { createSignalMeters } from './meter.ts';
import { summarize } from '../analysis/summarize.ts';
import { attackOutcomeOf, replayedOutcomes, translatorFor } from '../trials/replay.ts';
import { defaultAccess, type ModelPool } from './model-pool.ts';
import type { DeviceInfo } from '../records/run.ts';
import type { RunSummary } from '../records/summary.ts';
import { prepared } from './prepare.ts';
import type { Registries } from '../trials/registries.ts';
import type { ChosenDefense, NamedStack } from '../trials/resolve.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import type { RunStore } from '../store/run-store.ts';
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
 * @throws LabError 'bad-plan' and its kin before anything is loaded; 'run-locked', 'quota-exceeded', and whatever
 * loading a model throws. Stored trials survive all of them.
 */
export async function* runPlan(
  runId: string,
  input: unknown,
  runner: RunEnvironment,
  signal: AbortSignal,
  sources: readonly TrialRecord[] = [],
): AsyncGenerator<RunEvent, RunSummary> {
  const { registries, device } = runner;
  const expanded = expandPlan(input, registries);
  const { plan } = expanded.resolved;
  const replayed = replayedOutcomes(plan, expanded.chunks, sources);
  const translator = translatorFor(replayed, expanded.resolved, registries.models);
  const resolved = { ...expanded.resolved, roles: { ...expanded.resolved.roles, ...translator } };
  const run = await openRunWriter(runId, expanded, runner);
  try {
    await run.setState('running');
    const records = yield* runMissing(run, replayed, { ...expanded, resolved }, runner, signal);
    await run.setState('done');
    return summarize(plan, device, registries.evaluators.all, records);
  } catch (error) {
    await run.setState(isAbort(error) ? 'stopped' : 'failed');
    throw error;
  } finally {
    run.release();
  }
}

/** @returns the records of the whole run, in the order of the plan, without what a summary does not read */
async function* runMissing(
  run: RunWriter,
  replayed: ReadonlyMap<string, AttackOutcome>,
  { resolved, chunks, total }: ExpandedPlan,
  { models, warmsUp = false }: RunEnvironment,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, readonly TrialRecord[]> {
  const records = new Map(run.stored.map(({ place, record }) => [place, forSummary(record)]));
  const known = run.stored.map(({ record }) => [record.seed, attackOutcomeOf(record)] as const);
  const crafted = new Map([...replayed, ...known]);
  const unfinished = chunks.filter(({ trials }) => trials.some(({ place }) => !records.has(place)));
  const attacks = resolved.plan.replay ? [] : resolved.attacks;
  const edited = [...replayed.values()].some(({ result }) => result.edit);
  const whiteBox = edited || needsWhiteBox(attacks);
  const seenInside = whiteBox || needsWhiteBox(resolved.stacks.flatMap(({ defenses }) => defenses));
  const transparent = attacks.flatMap(({ method }) => method.transparent ?? []);

  for (const target of resolved.targets) {
    const ofTarget = unfinished.filter((chunk) => chunk.target === target);
    if (ofTarget.length === 0) continue;
    const cast = yield* eventsOf<RunEvent, LoadedModels>((emit) =>
      loadModels(
        models,
        { target, roles: resolved.roles, whiteBox: seenInside, transparent },
        { signal, onProgress: (progress) => emit({ type: 'load', progress }) },
      ),
    );
    const stacks: NamedStack[] = [];
    for (const { name, defenses } of resolved.stacks) {
      const ready = yield* eventsOf<RunEvent, readonly ChosenDefense[]>((emit) =>
        prepared(cast, target, defenses, resolved.contrast, {
          signal,
          onProgress: (preparation) => emit({ type: 'prepare', preparation }),
        }),
      );
      for (const [i, { method, options, artifact }] of ready.entries()) {
        if (artifact === undefined || defenses[i]!.artifact !== undefined) continue;
        const set = changed(method.options, options);
        const learned = {
          model: target.id,
          defense: method.id,
          options: set,
          artifact: withModel(artifact, target.id),
        };
        await run.addArtifact(learned);
        yield { type: 'artifact', ...learned };
      }
      stacks.push({ name, defenses: ready });
    }
    const meters = createSignalMeters();
    // All stacks are built before the first trial, so that one that cannot be built wastes no work.
    const build = (access = defaultAccess(target)) =>
      new Map(
        stacks.map(({ name, defenses }) => [name, defended(cast, target, defenses, meters.meterOf, access)]),
      );
    const behind = build();
    const editable = whiteBox ? build('white-box') : behind;
    if (warmsUp && resolved.plan.record.topTokens > 0) {
      const behaviors = ofTarget[0]!.trials.map(({ behavior }) => behavior);
      const { sampling } = resolved.plan;
      const trials = ofTarget.reduce((sum, chunk) => sum + chunk.trials.length, 0);
      await warmUp(cast.target(defaultAccess(target)), behaviors, { sampling, trials, signal });
    }
    for (const chunk of ofTarget) {
      signal.throwIfAborted();
      const missing = chunk.trials.filter(({ place }) => !records.has(place));
      for (const { key } of missing) yield { type: 'trial-start', key };
      const model = behind.get(chunk.stack.name)!;
      const editableModel = editable.get(chunk.stack.name)!;
      const fresh = yield* eventsOf<RunEvent, readonly PlacedRecord[]>((emit) =>
        runChunk(chunk, {
          resolved,
          cast,
          model,
          editableModel,
          meters,
          crafted,
          signal,
          onStep: ({ key }, step) => emit({ type: 'step', key, step }),
        }),
      );
      const added = fresh.filter(({ place }) => !records.has(place));
      await run.append(added);
      for (const { place, record } of added) {
        records.set(place, forSummary(record));
        yield { type: 'trial', record, finished: records.size, total };
      }
    }
  }
  return [...records].toSorted(([a], [b]) => a - b).map(([, record]) => record);
}

/** The parts of a record that a summary reads, so that a long run stays small in memory. */
const forSummary = (record: TrialRecord): TrialRecord => ({ ...record, attackSteps: [], tokens: [] });
