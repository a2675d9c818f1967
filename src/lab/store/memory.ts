/** @file Keeps runs for as long as the worker lives: for tests, and where the browser refuses to store anything. */
import { cellText, digestOf } from '../records/digest.ts';
import { mergedLabels, type Label } from '../records/labels.ts';
import type { RunInfo } from '../records/run.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import { localLocks } from './locks.ts';
import type { RunStore, StoredRunInfo } from './run-store.ts';

export function createMemoryStore(): RunStore {
  const runs = new Map<string, StoredRunInfo>();
  const trials = new Map<string, PlacedRecord[]>();
  const labels = new Map<string, readonly (readonly [string, Label])[]>();
  const rows = (runId: string) => trials.get(runId) ?? [];
  const sorted = (runId: string) => rows(runId).toSorted((a, b) => a.place - b.place);
  const withCount = ({ plan, artifacts: _, overview: _overview, ...run }: StoredRunInfo): RunInfo => ({
    ...run,
    name: plan.name,
    finished: rows(run.id).length,
  });
  return {
    persistent: false,
    lock: localLocks(),
    runs: async () => [...runs.values()].map(withCount),
    async run(runId) {
      const run = runs.get(runId);
      return run && withCount(run);
    },
    plan: async (runId) => runs.get(runId)?.plan,
    artifacts: async (runId) => runs.get(runId)?.artifacts ?? [],
    putRun: async (run) => void runs.set(run.id, structuredClone(run)),
    overview: async (runId) => runs.get(runId)?.overview,
    labels: async (runId) => new Map(labels.get(runId)),
    async putLabels(runId, given) {
      if (runs.has(runId)) labels.set(runId, mergedLabels(labels.get(runId) ?? [], given));
    },
    async *digests(runId, cell) {
      const all = sorted(runId).map(({ place, record }) => ({ place, digest: digestOf(record) }));
      yield cell ? all.filter(({ digest }) => cellText(digest) === cellText(cell)) : all;
    },
    async *trials(runId) {
      yield sorted(runId);
    },
    trial: async (runId, place) => rows(runId).find((row) => row.place === place)?.record,
    async append(runId, records) {
      const taken = new Set(rows(runId).map(({ place }) => place));
      const again = records.find(({ place }) => taken.has(place));
      if (again) throw new Error(`Trial ${again.place} of run ${runId} is already stored.`);
      trials.set(runId, [...rows(runId), ...structuredClone(records)]);
    },
    inMemory: () => null,
    appendUnsaved: async () => {},
    async remove(runId) {
      runs.delete(runId);
      trials.delete(runId);
      labels.delete(runId);
    },
  };
}
