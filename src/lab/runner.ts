/** @file Runs a plan from wherever it was left, one chunk of trials after the other. */
import { isAbort } from '../core/errors.ts';
import type { RunEvent } from './api.ts';
import { defended, loadCast, type Cast, type Crafted } from './cast.ts';
import { createSignalMeters, runChunk } from './chunk.ts';
import { eventsOf } from './events.ts';
import { summarize } from './metrics.ts';
import type { ModelPool } from './model-pool.ts';
import { parsePlan } from './plan.ts';
import type { DeviceInfo, RunState, RunSummary, TrialRecord } from './records.ts';
import type { Registries } from './registries.ts';
import { resolvePlan, type ResolvedPlan } from './resolve.ts';
import { checkSamePlan, checkSameTrials } from './stored.ts';
import type { PlacedRecord, RunStore } from './store.ts';
import { chunksOf, type Chunk } from './trials.ts';
import { versions } from './versions.ts';

export interface Runner {
  readonly registries: Registries;
  readonly models: ModelPool;
  readonly store: RunStore;
  readonly device: DeviceInfo;
}

/**
 * Run a plan, or go on with it.
 *
 * An attack is computed once per model, behavior and attack, against the undefended model; its result is replayed
 * against every defense. Attacks therefore do not adapt to defenses: rates under a defense are those of transfer.
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
  runner: Runner,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, RunSummary> {
  const { registries, store, device } = runner;
  const resolved = resolvePlan(parsePlan(input), registries);
  const chunks = chunksOf(resolved, registries);
  const total = chunks.reduce((sum, { trials }) => sum + trials.length, 0);

  const unlock = await store.lock(runId);
  try {
    const before = await store.run(runId);
    if (before) checkSamePlan(before, resolved.plan);
    const stored = await store.trials(runId);
    checkSameTrials(runId, stored, chunks);
    const createdAt = before?.createdAt ?? new Date().toISOString();
    const note = (state: RunState) =>
      store.putRun({ id: runId, plan: resolved.plan, device, versions, createdAt, state, total });
    await note('running');
    try {
      const records = yield* runMissing(runId, { resolved, chunks, total, stored }, runner, signal);
      await note('done');
      return summarize(resolved.plan, device, registries.evaluators.all, records);
    } catch (error) {
      await note(isAbort(error) ? 'stopped' : 'failed');
      throw error;
    }
  } finally {
    unlock();
  }
}

interface Work {
  readonly resolved: ResolvedPlan;
  readonly chunks: readonly Chunk[];
  readonly total: number;
  readonly stored: readonly PlacedRecord[];
}

async function* runMissing(
  runId: string,
  { resolved, chunks, total, stored }: Work,
  { models, store }: Runner,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, readonly TrialRecord[]> {
  const records = new Map(stored.map(({ place, record }) => [place, forSummary(record)]));
  const crafted = new Map(stored.map(({ record }) => [record.seed, craftedIn(record)]));
  const unfinished = chunks.filter(({ trials }) => trials.some(({ place }) => !records.has(place)));

  for (const target of resolved.targets) {
    const ofTarget = unfinished.filter((chunk) => chunk.target === target);
    if (ofTarget.length === 0) continue;
    const cast = yield* eventsOf<RunEvent, Cast>((emit) =>
      loadCast(
        models,
        { target, roles: resolved.roles, whiteBox: needsWhiteBox(resolved) },
        { signal, onProgress: (progress) => emit({ type: 'load', progress }) },
      ),
    );
    const meters = createSignalMeters();
    // All stacks are built before the first trial, so that one that cannot be built wastes no work.
    const behind = new Map(
      resolved.stacks.map(({ name, defenses }) => [name, defended(cast, target, defenses, meters.meterOf)]),
    );
    for (const chunk of ofTarget) {
      const missing = chunk.trials.filter(({ place }) => !records.has(place));
      for (const { key } of missing) yield { type: 'trial-start', key };
      const fresh = yield* eventsOf<RunEvent, readonly TrialRecord[]>((emit) =>
        runChunk(chunk, {
          resolved,
          cast,
          model: behind.get(chunk.stack.name)!,
          meters,
          crafted,
          signal,
          onStep: ({ key }, step) => emit({ type: 'step', key, step }),
        }),
      );
      const placed = missing.map(({ place }) => ({ place, record: fresh[place - chunk.trials[0]!.place]! }));
      await store.append(runId, placed);
      for (const { place, record } of placed) {
        records.set(place, forSummary(record));
        yield { type: 'trial', record, finished: records.size, total };
      }
      signal.throwIfAborted();
    }
  }
  return [...records].toSorted(([a], [b]) => a - b).map(([, record]) => record);
}

const needsWhiteBox = ({ attacks }: ResolvedPlan) =>
  attacks.some(({ method }) => method.access === 'white-box');

/** The parts of a record that a summary reads, so that a long run stays small in memory. */
const forSummary = (record: TrialRecord): TrialRecord => ({ ...record, attackSteps: [], tokens: [] });

const craftedIn = ({ attackResult, attackSteps, attackUsage, error }: TrialRecord): Crafted => ({
  result: attackResult,
  steps: attackSteps,
  usage: attackUsage,
  error: error?.during === 'attack' ? error : undefined,
});
