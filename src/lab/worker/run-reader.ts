/** @file Reads stored runs for the pages: overviews, parts of cells, single trials, and exports of any size. */
import { LabError } from '../../core/errors.ts';
import type { Access } from '../../core/method.ts';
import { formats, type FormatName } from '../analysis/formats/index.ts';
import { overviewOf } from '../analysis/overview.ts';
import { outcomeOf, type ScoringEvaluator } from '../analysis/verdicts.ts';
import { isAdaptive } from '../plan/attack-mode.ts';
import { outlineOf, type PlanOutline } from '../plan/outline.ts';
import { undefended, type Plan } from '../plan/plan.ts';
import type { CellPage, CellQuery, ExportFormat, OpenedTrial } from '../records/cell-page.ts';
import { cellText, type Cell, type PlacedDigest } from '../records/digest.ts';
import { byteOrderMark, csvTable, trialLines, type ExportOptions } from '../records/export.ts';
import { withLabel, type Label } from '../records/labels.ts';
import type { RunOverview } from '../records/overview.ts';
import type { RunInfo } from '../records/run.ts';
import { keyText, type TrialKey, type TrialRecord } from '../records/trial.ts';
import { inOneList, type RunStore } from '../store/run-store.ts';

/** Each function throws LabError 'bad-input' for a run, or a trial, that is not stored. */
export interface RunReader {
  plan(runId: string): Promise<Plan>;
  outline(runId: string): Promise<PlanOutline>;
  overview(runId: string): Promise<RunOverview>;
  cell(runId: string, query: CellQuery): Promise<CellPage>;
  trial(runId: string, key: TrialKey): Promise<OpenedTrial>;
  /** Whole records as a file, in the order of the plan. */
  exported(runId: string, format: ExportFormat, options: ExportOptions): Promise<Blob>;
  /** Keep what a person said of an answer; `undefined` takes it back. */
  label(runId: string, key: TrialKey, label: Label | undefined): Promise<void>;
  /** The same in a format of another tool. */
  inFormat(runId: string, format: FormatName): Promise<Blob>;
}

const mimeTypes: Readonly<Record<ExportFormat, string>> = { jsonl: 'application/jsonl', csv: 'text/csv' };

/** A run that pages go through, with what was read of it last. */
interface OpenedRun {
  readonly store: RunStore;
  readonly run: RunInfo;
  readonly outline: () => Promise<PlanOutline>;
  readonly cells: Map<string, Promise<readonly PlacedDigest[]>>;
}

/** Cells whose digests are in memory: one that is looked at, its other kinds of behaviors, and those without a defense. */
const mostCells = 6;

const kinds = ['harmful', 'benign-lookalike', 'benign'] as const;

/**
 * @param evaluators cards of all evaluators
 * @param accessOf what an attack needs of the model
 */
export function createRunReader(
  opening: RunStore | Promise<RunStore>,
  evaluators: readonly ScoringEvaluator[],
  accessOf: (attack: string) => Access,
): RunReader {
  let last: OpenedRun | null = null;
  const opened = async (runId: string): Promise<OpenedRun> => {
    const store = await opening;
    const run = await store.run(runId);
    if (run === undefined) throw noRun();
    if (last?.run.id === run.id && last.run.finished === run.finished) return last;
    let outline: Promise<PlanOutline> | undefined;
    return (last = {
      store,
      run,
      outline: () => (outline ??= planOf(store, runId).then(outlineOf)),
      cells: new Map(),
    });
  };
  return {
    plan: async (runId) => planOf(await opening, runId),
    outline: async (runId) => (await opened(runId)).outline(),
    async overview(runId) {
      const { store, run } = await opened(runId);
      const labels = await store.labels(runId);
      const stored = await store.overview(runId);
      if (labels.size === 0 && stored?.version === 1 && stored.finished === run.finished) return stored;
      const digests = (await inOneList(store.digests(runId))).map(({ digest }) => digest);
      const plan = await planOf(store, runId);
      const artifacts = await store.artifacts(runId);
      return overviewOf(plan, run.device, evaluators, digests, labels.size === 0 ? null : labels, artifacts);
    },
    async cell(runId, { verdict, offset, limit, ...cell }) {
      const run = await opened(runId);
      const labels = await run.store.labels(runId);
      const inCell = (await digestsIn(run, cell)).map(({ digest }) => withLabel(digest, labels));
      const card = evaluators.find(({ id }) => id === verdict?.evaluator);
      const matching =
        verdict && card ? inCell.filter((trial) => outcomeOf(card, trial) === verdict.is) : inCell;
      return {
        finished: inCell.length,
        matching: matching.length,
        trials: matching.slice(offset, offset + limit),
      };
    },
    async trial(runId, key) {
      const run = await opened(runId);
      const found = await find(run, key);
      const record = found && (await run.store.trial(runId, found.neighbors[found.position]!.place));
      if (!found || !record)
        throw new LabError('bad-input', 'This run has not finished this trial.', {
          advice: 'Go on with the run, or pick a trial that is finished.',
        });
      const { position, neighbors } = found;
      const keyAt = (index: number) => {
        const digest = neighbors[index]?.digest;
        return digest ? keyOf(digest) : null;
      };
      return {
        plan: await run.outline(),
        record: withLabel(
          { ...record, attackSteps: await stepsOf(run, record) },
          await run.store.labels(runId),
        ),
        position,
        count: neighbors.length,
        before: keyAt(position - 1),
        after: keyAt(position + 1),
      };
    },
    async label(runId, key, label) {
      const { store } = await opened(runId);
      await store.putLabels(runId, new Map([[keyText(key), label]]));
    },
    async exported(runId, format, options) {
      const { store, outline } = await opened(runId);
      const table = csvTable(
        (await outline()).evaluators.map(({ id }) => id),
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
    async inFormat(runId, format) {
      const { store, run, outline } = await opened(runId);
      const [plan, labels] = [await outline(), await store.labels(runId)];
      const chosen = plan.evaluators.flatMap(({ id }) => evaluators.filter((card) => card.id === id));
      const { device, versions, createdAt: startedAt } = run;
      const writer = formats[format].open({
        plan,
        device,
        versions,
        startedAt,
        evaluators: chosen,
        accessOf,
      });
      const parts = [new Blob([writer.head])];
      for await (const batch of store.trials(runId))
        parts.push(new Blob(batch.map(({ record }) => writer.trial(withLabel(record, labels)))));
      return new Blob([...parts, writer.tail()]);
    },
  };
}

/** Finished trials of a cell, in the order of the plan. */
function digestsIn({ store, run, cells }: OpenedRun, cell: Cell): Promise<readonly PlacedDigest[]> {
  const name = cellText(cell);
  const digests = cells.get(name) ?? inOneList(store.digests(run.id, cell));
  cells.delete(name);
  cells.set(name, digests);
  if (cells.size > mostCells) cells.delete(cells.keys().next().value!);
  return digests;
}

/** A trial among the others of its cell; `undefined` if it is not finished. */
async function find(
  run: OpenedRun,
  key: TrialKey,
): Promise<{ readonly position: number; readonly neighbors: readonly PlacedDigest[] } | undefined> {
  const name = keyText(key);
  const { model, attack, defense, mode } = key;
  for (const kind of kinds) {
    const neighbors = await digestsIn(run, { model, attack, defense, kind, ...(mode && { mode }) });
    const position = neighbors.findIndex(({ digest }) => keyText(digest) === name);
    if (position >= 0) return { position, neighbors };
  }
}

/** The steps of the attack; those of a static one are recorded with the undefended trial. */
async function stepsOf(
  run: OpenedRun,
  { attackSteps, ...record }: TrialRecord,
): Promise<TrialRecord['attackSteps']> {
  if (attackSteps.length > 0 || record.defense === undefended || isAdaptive(record)) return attackSteps;
  const attacked = await find(run, { ...record, defense: undefended });
  const place = attacked?.neighbors[attacked.position]!.place;
  return (place === undefined ? undefined : await run.store.trial(run.run.id, place))?.attackSteps ?? [];
}

async function planOf(store: RunStore, runId: string): Promise<Plan> {
  const plan = await store.plan(runId);
  if (plan === undefined) throw noRun();
  return plan;
}

const keyOf = ({ model, behavior, attack, defense, mode }: TrialKey): TrialKey => ({
  model,
  behavior,
  attack,
  defense,
  ...(mode && { mode }),
});

const noRun = () =>
  new LabError('bad-input', 'This device does not hold this run.', {
    advice:
      'It may have been removed. Runs stay on the device that made them: the same plan with the same seed makes it again.',
  });
