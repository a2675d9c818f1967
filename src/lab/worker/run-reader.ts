/** @file Reads stored runs for the pages: overviews, parts of cells, single trials, and exports of any size. */
import { LabError } from '../../core/errors.ts';
import { overviewOf } from '../analysis/overview.ts';
import { verdictOf, type ScoringEvaluator } from '../analysis/verdicts.ts';
import { undefended, type Plan } from '../plan/plan.ts';
import type { CellPage, CellQuery, ExportFormat, OpenedTrial } from '../records/cell-page.ts';
import type { PlacedDigest } from '../records/digest.ts';
import { byteOrderMark, csvTable, trialLines, type ExportOptions } from '../records/export.ts';
import type { RunOverview } from '../records/overview.ts';
import type { RunInfo } from '../records/run.ts';
import { keyText, type TrialKey, type TrialRecord } from '../records/trial.ts';
import { inOneList, type RunStore } from '../store/run-store.ts';

/** Each function throws LabError 'bad-input' for a run, or a trial, that is not stored. */
export interface RunReader {
  plan(runId: string): Promise<Plan>;
  overview(runId: string): Promise<RunOverview>;
  cell(runId: string, query: CellQuery): Promise<CellPage>;
  trial(runId: string, key: TrialKey): Promise<OpenedTrial>;
  /** Whole records as a file, in the order of the plan. */
  exported(runId: string, format: ExportFormat, options: ExportOptions): Promise<Blob>;
}

const mimeTypes: Readonly<Record<ExportFormat, string>> = { jsonl: 'application/jsonl', csv: 'text/csv' };

/** @param evaluators cards of all evaluators */
export function createRunReader(
  opening: RunStore | Promise<RunStore>,
  evaluators: readonly ScoringEvaluator[],
): RunReader {
  const runOf = async (runId: string): Promise<{ store: RunStore; run: RunInfo }> => {
    const store = await opening;
    const run = await store.run(runId);
    if (run === undefined) throw noRun();
    return { store, run };
  };
  /** Digests of the run that was read last; pages go through one run at a time. */
  let last: { readonly of: string; readonly digests: Promise<readonly PlacedDigest[]> } | null = null;
  const digestsOf = ({ store, run }: { readonly store: RunStore; readonly run: RunInfo }) => {
    const of = `${run.id} ${run.finished}`;
    if (last?.of !== of) last = { of, digests: inOneList(store.digests(run.id)) };
    return last.digests;
  };
  return {
    plan: async (runId) => (await runOf(runId)).run.plan,
    async overview(runId) {
      const opened = await runOf(runId);
      const { store, run } = opened;
      const stored = await store.overview(runId);
      if (stored?.version === 1 && stored.finished === run.finished) return stored;
      const digests = (await digestsOf(opened)).map(({ digest }) => digest);
      return overviewOf(run.plan, run.device, evaluators, digests);
    },
    async cell(runId, { verdict, offset, limit, ...cell }) {
      const digests = (await digestsOf(await runOf(runId))).map(({ digest }) => digest);
      const inCell = digests.filter(isIn(cell));
      const card = evaluators.find(({ id }) => id === verdict?.evaluator);
      const matching =
        verdict && card ? inCell.filter((trial) => verdictOf(card, trial) === verdict.is) : inCell;
      return {
        finished: inCell.length,
        matching: matching.length,
        trials: matching.slice(offset, offset + limit),
      };
    },
    async trial(runId, key) {
      const opened = await runOf(runId);
      const placed = await digestsOf(opened);
      const name = keyText(key);
      const found = placed.find(({ digest }) => keyText(digest) === name);
      const record = found && (await opened.store.trial(runId, found.place));
      if (!found || !record)
        throw new LabError('bad-input', 'This run has not finished this trial.', {
          advice: 'Go on with the run, or pick a trial that is finished.',
        });
      const neighbors = placed.filter(({ digest }) => isIn(found.digest)(digest));
      const position = neighbors.indexOf(found);
      const keyAt = (index: number) => {
        const digest = neighbors[index]?.digest;
        return digest ? keyOf(digest) : null;
      };
      return {
        plan: opened.run.plan,
        record: { ...record, attackSteps: await stepsOf(opened.store, runId, record, placed) },
        position,
        count: neighbors.length,
        before: keyAt(position - 1),
        after: keyAt(position + 1),
      };
    },
    async exported(runId, format, options) {
      const { store, run } = await runOf(runId);
      const table = csvTable(
        run.plan.evaluators.map(({ id }) => id),
        options,
      );
      // Parts of a blob leave this thread's memory, and large ones the browser's.
      const parts: Blob[] = format === 'csv' ? [new Blob([byteOrderMark, table.head])] : [];
      for await (const batch of store.trials(runId)) {
        const records = batch.map(({ record }) => record);
        parts.push(new Blob(format === 'csv' ? records.map(table.row) : [...trialLines(records, options)]));
      }
      return new Blob(parts, { type: mimeTypes[format] });
    },
  };
}

/** The steps of the attack, which are recorded with the undefended trial. */
async function stepsOf(
  store: RunStore,
  runId: string,
  { attackSteps, ...record }: TrialRecord,
  placed: readonly PlacedDigest[],
): Promise<TrialRecord['attackSteps']> {
  if (attackSteps.length > 0 || record.defense === undefended) return attackSteps;
  const name = keyText({ ...record, defense: undefended });
  const attacked = placed.find(({ digest }) => keyText(digest) === name);
  return (attacked && (await store.trial(runId, attacked.place)))?.attackSteps ?? [];
}

const isIn =
  (cell: Pick<CellQuery, 'model' | 'attack' | 'defense' | 'kind'>) =>
  ({ model, attack, defense, kind }: PlacedDigest['digest']): boolean =>
    model === cell.model && attack === cell.attack && defense === cell.defense && kind === cell.kind;

const keyOf = ({ model, behavior, attack, defense }: TrialKey): TrialKey => ({
  model,
  behavior,
  attack,
  defense,
});

const noRun = () =>
  new LabError('bad-input', 'This device does not hold this run.', {
    advice:
      'It may have been removed. Runs stay on the device that made them: the same plan with the same seed makes it again.',
  });
