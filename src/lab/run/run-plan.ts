/** @file Runs a plan from where it was left, chunk by chunk, on as many workers as there are. */
import type { AttackStep } from '../../attacks/attack.ts';
import { isAbort, LabError } from '../../core/errors.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { overviewOf } from '../analysis/overview.ts';
import { undefended } from '../plan/plan.ts';
import type { RunEvent } from '../records/events.ts';
import type { RunPart } from '../records/run-part.ts';
import type { DeviceInfo } from '../records/run.ts';
import type { AttackOutcome } from '../records/trial.ts';
import { keptRun, type RunKeeper } from '../store/kept-run.ts';
import type { RunStore } from '../store/run-store.ts';
import { openRunWriter, type RunWriter } from '../store/run-writer.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import type { Registries } from '../trials/registries.ts';
import { attackOutcomeOf, replayedOutcomes, translatorFor, type ReplaySource } from '../trials/replay.ts';
import { expandPlan, type Chunk, type ExpandedPlan, type Trial } from '../trials/trials.ts';
import { chunksOfPart } from './chunks-of-part.ts';
import { eventsOf } from './events.ts';
import { helperLane, type Helper, type TargetJob } from './helper.ts';
import { inLanes, type Lane } from './lanes.ts';
import { legsOf } from './legs.ts';
import { watchLimits, type LimitWatch } from './limit-watch.ts';
import type { ModelPool } from './model-pool.ts';
import { trackProgress, type Progress } from './progress.ts';
import { openTarget, rolesFor, type TargetRun } from './target-run.ts';
import { createClock } from './time/clock.ts';
import { createCosts } from './time/costs.ts';
import { createSteady } from './time/steady.ts';

export interface RunExtras {
  /** For a plan with `replay`: trials of another run. */
  readonly sources?: readonly ReplaySource[] | undefined;
  /** For a run whose trials are kept outside of the store. Default: the store keeps them. */
  readonly keep?: Keep | undefined;
  /** Run no more than this part; the run is stopped then. Default: all of it. */
  readonly part?: RunPart | undefined;
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
  /**
   * Start workers that share the chunks of a run with this one, fewer than it has chunks. Default: there are none.
   * @param models that they will load
   */
  readonly startHelpers?: ((models: readonly ModelEntry[], chunks: number) => readonly Helper[]) | undefined;
}

/**
 * Run a plan, or go on with it, to its end or to a limit of the plan.
 *
 * A static attack is computed once per model, behavior and attack, against the undefended model; its result is replayed
 * against every defense, so that its rate there is one of transfer. An adaptive attack is computed anew behind every
 * defense, against the defended model.
 * A plan with `replay` attacks nothing; its results are those of `sources`.
 *
 * Trials run in chunks of at most `plan.concurrency`, so that the runtime joins their requests into batches, and in rounds
 * over all cells, so that each has its first trials early. A chunk with any trial missing is run again whole: the batches
 * are those of an undisturbed run, and so are the bytes of the records.
 * Helpers compute other chunks at the same time; records are stored here alone.
 *
 * @throws LabError 'bad-plan' and other codes of `resolvePlan` before anything is loaded; 'run-locked',
 * 'quota-exceeded', and whatever loading a model throws. Stored trials survive all of them.
 */
export async function* runPlan(
  runId: string,
  input: unknown,
  environment: RunEnvironment,
  signal: AbortSignal,
  { sources = [], keep, part }: RunExtras = {},
): AsyncGenerator<RunEvent, void> {
  const { registries, device } = environment;
  const expanded = expandPlan(input, registries);
  const { plan } = expanded.resolved;
  if (part && chunksOfPart(part, expanded.chunks, () => undefined).length === 0)
    throw new LabError('bad-plan', 'The plan has no such cell or trial.', {
      advice: 'Run the whole plan, or pick one of its cells in the matrix.',
    });
  const replayed = replayedOutcomes(plan, expanded.chunks, sources);
  const translator = translatorFor(replayed, expanded.resolved, registries);
  const resolved = { ...expanded.resolved, roles: { ...expanded.resolved.roles, ...translator } };
  const writer = keep ? keptRun(keep.keeper, keep.places) : await openRunWriter(runId, expanded, environment);
  const progress = trackProgress(writer, expanded, (digests) =>
    overviewOf(plan, device, registries.evaluators.all, digests, null, writer.artifacts),
  );
  try {
    await writer.setState('running');
    yield* progress.overviewEvent();
    yield* runMissing(writer, progress, replayed, { ...expanded, resolved }, environment, { signal, part });
    await writer.setState(progress.finished < expanded.total ? 'stopped' : 'done', progress.overview());
    yield* progress.overviewEvent();
  } catch (error) {
    // If even that cannot be stored, what ended the run is still what the user has to know.
    await writer.setState(isAbort(error) ? 'stopped' : 'failed', progress.overview()).catch(() => {});
    throw error;
  } finally {
    writer.release();
  }
}

/** Run the trials that are not finished, or those of a part. */
async function* runMissing(
  writer: RunWriter,
  progress: Progress,
  replayed: ReadonlyMap<string, AttackOutcome>,
  { resolved, chunks, total }: ExpandedPlan,
  environment: RunEnvironment,
  { signal: outer, part }: { readonly signal: AbortSignal; readonly part: RunPart | undefined },
): AsyncGenerator<RunEvent, void> {
  const hasEdits = [...replayed.values()].some(({ result }) => result.edit);
  /** Where the attack of a trial is made: `undefined` if it is replayed from another run. */
  const sourceOf = (trial: Trial) =>
    replayed.has(trial.seed) ? undefined : (progress.attackedAt(trial) ?? trial.place);
  const wanted = part ? chunksOfPart(part, chunks, sourceOf) : chunks;
  const unfinished = wanted.filter(({ trials }) => trials.some(({ place }) => !progress.has(place)));
  const makesAttack = ({ trials }: Chunk) => trials.some((trial) => sourceOf(trial) === trial.place);
  const mayStart = ({ trials }: Chunk) =>
    trials.every((trial) => {
      const source = sourceOf(trial);
      return source === undefined || source === trial.place || progress.has(source);
    });
  const costs = createCosts(
    resolved,
    writer.digests?.map(({ digest }) => digest),
  );
  const steady = createSteady();

  let limits: LimitWatch | null = null;
  const targets = new Map<ModelEntry, TargetRun>();
  const legs = legsOf(unfinished);
  for (const [i, { target, chunks: ofLeg }] of legs.entries()) {
    const later = legs.slice(i + 1).flatMap((leg) => leg.chunks);
    const left = new AbortController();
    const signal = AbortSignal.any([outer, left.signal]);
    const ofTarget = unfinished.filter((chunk) => chunk.target === target);
    let working: Promise<void> = Promise.resolve();
    const work = async (emit: (event: RunEvent) => void): Promise<void> => {
      const opened =
        targets.get(target) ??
        (await openTarget(target, resolved, {
          ...environment,
          hasEdits,
          chunks: ofTarget,
          signal,
          emit,
          onArtifact: (artifact) => writer.addArtifact(artifact),
        }));
      targets.set(target, opened);
      limits ??= watchLimits(resolved.plan.runLimits ?? {});
      const job: TargetJob = {
        plan: resolved.plan,
        target: target.id,
        roles: resolved.roles,
        places: ofTarget.map(({ trials }) => trials[0]!.place),
        hasEdits,
        artifacts: opened.artifacts,
        lessons: opened.lessons,
      };
      const loaded = [target, ...Object.values(rolesFor(resolved, ofTarget))];
      const helpers = environment.startHelpers?.(loaded, ofLeg.length) ?? [];
      const clock = createClock({ costs, steady, workers: helpers.length + 1, makesAttack, later, emit });
      const finish = async (chunk: Chunk, finished: readonly PlacedRecord[]) => {
        const added = finished.flatMap(({ place, record }) =>
          progress.has(place) ? [] : [{ place, record }],
        );
        await writer.append(added);
        for (const { place, record } of added) {
          progress.add(place, record);
          limits!.add(record, makesAttack(chunk));
          const { model, behavior, attack, defense, mode } = record;
          const key = { model, behavior, attack, defense, ...(mode && { mode }) };
          emit({ type: 'trial', key, finished: progress.finished, total });
        }
        clock.finished(chunk, finished);
        if (progress.isOverviewDue()) for (const event of progress.overviewEvent()) emit(event);
      };
      const begin = async (chunk: Chunk) => {
        const missing = chunk.trials.filter(({ place }) => !progress.has(place));
        const outcomes = await outcomesFor(chunk, replayed, progress, writer);
        for (const { key } of missing) emit({ type: 'trial-start', key });
        clock.started(chunk);
        return outcomes;
      };
      const onStep = ({ key }: Trial, step: AttackStep) => emit({ type: 'step', key, step });
      const own: Lane<Chunk> = {
        ready: Promise.resolve(),
        run: async (chunk, joint) =>
          finish(chunk, await opened.run(chunk, await begin(chunk), { signal: joint, onStep })),
      };
      const others = helpers.map((helper) =>
        helperLane(helper, job, { begin, finish, onStep, onLost: clock.lost }),
      );
      // Within a round, one worker keeps to the order of the plan; several begin with what takes longest.
      const ordered =
        others.length === 0
          ? ofLeg
          : costs.longestFirst(ofLeg, makesAttack).toSorted((a, b) => a.round - b.round);
      try {
        clock.begin(ordered);
        await inLanes(ordered, [own, ...others], {
          mayStart,
          ended: () => limits!.reached() !== null,
          signal,
        });
      } finally {
        clock.end();
        for (const helper of helpers) helper.end();
      }
    };
    try {
      yield* eventsOf((emit: (event: RunEvent) => void) => (working = work(emit)));
    } finally {
      // Who leaves the run at an event leaves nothing behind that goes on.
      left.abort();
      await working.catch(() => {});
    }
    const limit = (limits as LimitWatch | null)?.reached();
    if (limit && progress.finished < total) {
      yield { type: 'limit', limit, notAsked: total - progress.finished };
      return;
    }
  }
}

/**
 * Outcomes that the attacks of a chunk have already, by seed: replayed from another run, or recorded with a finished
 * trial of this one. They are read when they are needed, because all of them may be larger than memory. Steps of a static
 * attack are recorded once, with the undefended trial.
 */
async function outcomesFor(
  { stack, mode, trials }: Chunk,
  replayed: ReadonlyMap<string, AttackOutcome>,
  progress: Progress,
  writer: RunWriter,
): Promise<Map<string, AttackOutcome>> {
  const outcomes = new Map<string, AttackOutcome>();
  const makesAttack = stack.name === undefended || mode === 'adaptive';
  for (const trial of trials) {
    const { seed } = trial;
    const source = progress.attackedAt(trial);
    const record = source !== undefined && progress.has(source) ? await writer.trial(source) : undefined;
    const outcome = record ? attackOutcomeOf(record) : replayed.get(seed);
    if (outcome) outcomes.set(seed, makesAttack ? outcome : { ...outcome, steps: [] });
  }
  return outcomes;
}
