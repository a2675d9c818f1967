/** @file Runs a plan from where it was left, one chunk of trials after the other. */
import { isAbort } from '../../core/errors.ts';
import { changed } from '../../core/options.ts';
import { startStopwatch } from '../../core/stopwatch.ts';
import { overviewOf } from '../analysis/overview.ts';
import { withModel } from '../plan/artifacts.ts';
import { undefended } from '../plan/plan.ts';
import { digestOf, type TrialDigest } from '../records/digest.ts';
import type { RunEvent } from '../records/events.ts';
import type { RunOverview } from '../records/overview.ts';
import type { DeviceInfo } from '../records/run.ts';
import type { AttackOutcome, TrialRecord } from '../records/trial.ts';
import type { RunStore } from '../store/run-store.ts';
import { keptRun, type RunKeeper } from '../store/kept-run.ts';
import { openRunWriter, type RunWriter } from '../store/run-writer.ts';
import type { ChosenDefense, NamedStack } from '../trials/choices.ts';
import type { Registries } from '../trials/registries.ts';
import { attackOutcomeOf, replayedOutcomes, translatorFor, type ReplaySource } from '../trials/replay.ts';
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

export interface RunExtras {
  /** For a plan with `replay`: trials of another run. */
  readonly sources?: readonly ReplaySource[] | undefined;
  /** For a run whose trials are kept outside of the store. Default: the store keeps them. */
  readonly keep?: Keep | undefined;
}

export interface Keep {
  readonly keeper: RunKeeper;
  /** Places of trials that it holds already. */
  readonly places: readonly number[];
}

export interface RunEnvironment {
  readonly registries: Registries;
  readonly models: ModelPool;
  readonly store: RunStore;
  readonly device: DeviceInfo;
  /** Warm the engine up before the first trial. Default false. */
  readonly warmsUp?: boolean | undefined;
}

/**
 * Run a plan, or go on with it.
 *
 * An attack is computed once per model, behavior and attack, against the undefended model; its result is replayed
 * against every defense. Attacks therefore do not adapt to defenses: rates under a defense are those of transfer.
 * A plan with `replay` attacks nothing; its results are those of `sources`.
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
  { sources = [], keep }: RunExtras = {},
): AsyncGenerator<RunEvent, void> {
  const { registries, device } = environment;
  const expanded = expandPlan(input, registries);
  const { plan } = expanded.resolved;
  const replayed = replayedOutcomes(plan, expanded.chunks, sources);
  const translator = translatorFor(replayed, expanded.resolved, registries);
  const resolved = { ...expanded.resolved, roles: { ...expanded.resolved.roles, ...translator } };
  const writer = keep ? keptRun(keep.keeper, keep.places) : await openRunWriter(runId, expanded, environment);
  const progress = trackProgress(writer, expanded, (digests) =>
    overviewOf(plan, device, registries.evaluators.all, digests),
  );
  try {
    await writer.setState('running');
    yield* progress.overviewEvent();
    yield* runMissing(writer, progress, replayed, { ...expanded, resolved }, environment, signal);
    await writer.setState('done', progress.overview());
    yield* progress.overviewEvent();
  } catch (error) {
    // If even that cannot be stored, what ended the run is still what the user has to know.
    await writer.setState(isAbort(error) ? 'stopped' : 'failed', progress.overview()).catch(() => {});
    throw error;
  } finally {
    writer.release();
  }
}

/** Run the trials that are not finished. */
async function* runMissing(
  writer: RunWriter,
  progress: Progress,
  replayed: ReadonlyMap<string, AttackOutcome>,
  { resolved, chunks, total }: ExpandedPlan,
  environment: RunEnvironment,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void> {
  const unfinished = chunks.filter(({ trials }) => trials.some(({ place }) => !progress.has(place)));
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
        {
          signal,
          chatTemplate: resolved.settings.chatTemplate,
          onProgress: (progress) => emit({ type: 'load', progress }),
        },
      ),
    );
    const meters = createSignalMeters();
    // All stacks are built before the first trial, so that one that cannot be built wastes no work.
    const defended = yield* prepareStacks(resolved, target, models, meters, writer, signal);
    // A server is warm already, and its answers may cost money.
    const isHere = target.source.kind !== 'endpoint';
    if (environment.warmsUp && isHere && resolved.settings.topTokens > 0)
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
      const missing = chunk.trials.filter(({ place }) => !progress.has(place));
      const outcomes = await outcomesFor(chunk, replayed, progress, writer);
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
      const added = finished.flatMap(({ place, record }) => (progress.has(place) ? [] : [{ place, record }]));
      await writer.append(added);
      for (const { place, record } of added) {
        progress.add(place, record);
        const { model, behavior, attack, defense } = record;
        const key = { model, behavior, attack, defense };
        yield { type: 'trial', key, finished: progress.finished, total };
      }
      if (progress.isOverviewDue()) yield* progress.overviewEvent();
    }
  }
}

/** What is finished of a run, and where the outcome of each attack is recorded. */
interface Progress {
  readonly finished: number;
  has(place: number): boolean;
  add(place: number, record: TrialRecord): void;
  /** Place of the undefended trial with this seed, in which the attack is made and recorded. */
  attackedAt(seed: string): number | undefined;
  /** `undefined` for a run that is kept, and summarized, elsewhere. */
  overview(): RunOverview | undefined;
  /** The overview as an event, if there is one. */
  overviewEvent(): Iterable<RunEvent>;
  /** Whether it is time for another one. */
  isOverviewDue(): boolean;
}

/** Pages get an overview at most this often, ms; and making them takes at most a twentieth of the time. */
const overviewEveryMs = 250;
const timeForOverviews = 1 / 20;

/** @param summarized the overview of finished trials in the order of the plan */
function trackProgress(
  writer: RunWriter,
  { chunks }: ExpandedPlan,
  summarized: (digests: readonly TrialDigest[]) => RunOverview,
): Progress {
  const finished = new Set(writer.places);
  const digests = writer.digests && new Map(writer.digests.map(({ place, digest }) => [place, digest]));
  const attackedAt = new Map<string, number>();
  for (const { stack, trials } of chunks)
    if (stack.name === undefended) for (const { place, seed } of trials) attackedAt.set(seed, place);
  let dueAt = performance.now() + overviewEveryMs;
  const overview = () => {
    if (digests === null) return undefined;
    const watch = startStopwatch();
    const inOrder = [...digests].toSorted(([a], [b]) => a - b).map(([, digest]) => digest);
    const made = summarized(inOrder);
    dueAt = performance.now() + Math.max(overviewEveryMs, watch.elapsedMs() / timeForOverviews);
    return made;
  };
  return {
    get finished() {
      return finished.size;
    },
    has: (place) => finished.has(place),
    add(place, record) {
      finished.add(place);
      digests?.set(place, digestOf(record));
    },
    attackedAt: (seed) => attackedAt.get(seed),
    overview,
    overviewEvent() {
      const made = overview();
      return made ? [{ type: 'overview', overview: made }] : [];
    },
    isOverviewDue: () => performance.now() >= dueAt,
  };
}

/**
 * Outcomes that the attacks of a chunk have already, by seed: replayed from another run, or recorded with a finished
 * trial of this one. They are read when they are needed, because all of them may be larger than memory. Steps are
 * recorded once, with the undefended trial.
 */
async function outcomesFor(
  { stack, trials }: Chunk,
  replayed: ReadonlyMap<string, AttackOutcome>,
  progress: Progress,
  writer: RunWriter,
): Promise<Map<string, AttackOutcome>> {
  const outcomes = new Map<string, AttackOutcome>();
  for (const { seed } of trials) {
    const source = progress.attackedAt(seed);
    const record = source !== undefined && progress.has(source) ? await writer.trial(source) : undefined;
    const outcome = record ? attackOutcomeOf(record) : replayed.get(seed);
    if (outcome) outcomes.set(seed, stack.name === undefended ? outcome : { ...outcome, steps: [] });
  }
  return outcomes;
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
