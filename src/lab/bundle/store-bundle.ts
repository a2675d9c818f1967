/** @file Stores the run of a bundle beside the runs of this device. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { labelsOf } from '../records/match-labels.ts';
import { defenseNames, directRequest, type Plan } from '../plan/plan.ts';
import { recordProblem, upgradeRecord } from '../records/check.ts';
import { keyText, type TrialRecord } from '../records/trial.ts';
import type { SetStore } from '../sets/set-store.ts';
import { inOneList, type RunStore } from '../store/run-store.ts';
import { checkSamePlan, type PlacedRecord } from '../trials/placement.ts';
import { placesIn } from './manifest.ts';
import { unusable, type OpenedBundle } from './read-bundle.ts';

export interface StoredBundle {
  readonly runId: string;
  /** Trials that were not here before. */
  readonly added: number;
}

/** Records that are in memory at once. */
const perBatch = 100;

/**
 * Trials that are here already stay as they are. The models of the run need not be here.
 * @throws LabError 'bad-input' for a trial that is not of the plan; then nothing of a new run stays. 'bad-plan' when the run
 * here is of another plan, 'run-locked', and of the storage
 */
export async function storeBundle(
  { manifest, plan, artifacts, labels, sets, trialLines }: OpenedBundle,
  { store, sets: setStore }: { readonly store: RunStore; readonly sets: SetStore | undefined },
): Promise<StoredBundle> {
  const { run: runId, device, versions, startedAt: createdAt, total } = manifest;
  const release = await store.lock(runId);
  const before = await store.run(runId);
  try {
    const storedPlan = await store.plan(runId);
    if (storedPlan) checkSamePlan(runId, storedPlan, plan);
    const stored = new Set<number>();
    for await (const batch of store.digests(runId)) for (const { place } of batch) stored.add(place);
    const run = { id: runId, plan, device, versions, createdAt, total, artifacts };
    if (!before) await store.putRun({ ...run, state: 'paused' });
    let [added, finished] = [0, 0];
    for await (const batch of recordsOf(manifest.places, plan, total, trialLines())) {
      const fresh = batch.filter(({ place }) => !stored.has(place));
      await store.append(runId, fresh);
      added += fresh.length;
      finished += batch.length;
    }
    if (labels.length > 0) {
      const digests = (await inOneList(store.digests(runId))).map(({ digest }) => digest);
      // What was said here stays.
      await store.putLabels(runId, new Map([...labelsOf(labels, digests), ...(await store.labels(runId))]));
    }
    for (const { title, rows } of sets)
      await setStore?.import(rows, `${title}.jsonl`, { title, choices: {} }, {});
    if (!before && finished === total) await store.putRun({ ...run, state: 'done' });
    return { runId, added };
  } catch (error) {
    if (!before) await store.remove(runId);
    throw error;
  } finally {
    release();
  }
}

async function* recordsOf(
  ranges: OpenedBundle['manifest']['places'],
  plan: Plan,
  total: number,
  lines: AsyncIterable<string>,
): AsyncGenerator<readonly PlacedRecord[], void> {
  const places = placesIn(ranges);
  const check = recordChecker(plan);
  let [batch, number, last] = [[] as PlacedRecord[], 0, -1];
  for await (const line of lines) {
    number++;
    const { value: place } = places.next();
    if (place === undefined) throw unusable('it has more trials than it says');
    if (place <= last || place >= total) throw unusable(`trial ${number} has no place in its plan`);
    last = place;
    batch.push({ place, record: check(line, number) });
    if (batch.length < perBatch) continue;
    yield batch;
    batch = [];
  }
  if (!places.next().done) throw unusable('it has fewer trials than it says');
  yield batch;
}

/** @returns reads a line as a trial of the plan, each trial once */
function recordChecker(plan: Plan): (line: string, number: number) => TrialRecord {
  const models = new Set(plan.models.targets);
  const attacks = new Set([...plan.attacks.map(({ id }) => id), directRequest]);
  const defenses = new Set(defenseNames(plan));
  const seen = new Set<string>();
  return (line, number) => {
    let record: TrialRecord;
    try {
      record = JSON.parse(line) as TrialRecord;
    } catch (cause) {
      throw unusable(`trial ${number} is not JSON`, cause);
    }
    const problem = recordProblem(record);
    if (problem !== null) throw unusable(`trial ${number} is damaged: ${problem}`);
    const key = keyText(record);
    if (
      !models.has(record.model) ||
      !attacks.has(record.attack) ||
      !defenses.has(record.defense) ||
      seen.has(key)
    )
      throw unusable(`trial ${number} is not of its plan, or comes twice`);
    seen.add(key);
    return upgradeRecord(record);
  };
}

/** The imported sets that a plan names, as a bundle carries them. @throws LabError 'bad-plan' when one is not here */
export async function setsOf(plan: Plan, setStore: SetStore | undefined) {
  const stored = (await setStore?.list()) ?? [];
  const named = plan.behaviors.flatMap((source) => ('set' in source && source.sha256 ? [source] : []));
  const found = new Map<string, { title: string; sha256: string; rows: Blob }>();
  for (const { set: id, sha256 } of named) {
    const set = stored.find((one) => one.sha256 === sha256);
    if (!set || !sha256)
      throw new LabError('bad-plan', `The behavior set "${excerpt(id)}" of this run is not here any more.`, {
        advice: 'Import its file on the page Behaviors, then save the run again.',
      });
    found.set(sha256, { title: set.title, sha256, rows: await setStore!.exported(set.id) });
  }
  return [...found.values()];
}
