/** @file The rates of a run as plain tables of text, for papers and spreadsheets. */
import { interval, percent } from '../../../core/format.ts';
import type { PlanOutline } from '../../plan/outline.ts';
import type { AnswerRate, RunSummary } from '../../records/summary.ts';
import { rateTable } from '../rate-table.ts';

export interface TextTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

type Share = Omit<AnswerRate, 'successes'>;

/** `40% (25–58%), n 30`; of several decided out of those asked, `n 28/30`. */
export const shareText = (share: Share | null): string => {
  if (share === null) return '–';
  const sample = share.scored === share.n ? `n = ${share.n}` : `n = ${share.scored}/${share.n}`;
  return share.rate === null || share.interval === null
    ? `?, ${sample}`
    : `${percent(share.rate)} (${interval(share.interval)}), ${sample}`;
};

/**
 * One table per model under attack and evaluator of success: attacks down, defenses across, over-refusal and utility below.
 * Of several modes of an attack the one that is worse for the defender stands, as in the matrix.
 * @param evaluators of success, by id
 * @param nameOf the title of a method
 */
export function summaryTables(
  plan: PlanOutline,
  summary: RunSummary,
  evaluators: readonly string[],
  nameOf: (id: string) => string,
): readonly TextTable[] {
  return plan.models.targets.flatMap((model) =>
    evaluators.map((evaluator) => {
      const { columns, rows } = rateTable(plan, summary, model, evaluator);
      return {
        title: `Attack success on ${model}, judged by ${nameOf(evaluator)} (rate, 95% Wilson interval, n)`,
        head: ['', ...columns.map(({ defense }) => nameOf(defense))],
        rows: [
          ...rows.map(({ attack, cells }) => [nameOf(attack), ...cells.map(({ cell }) => shareText(cell))]),
          ['Over-refusal', ...columns.map(({ overRefusal }) => shareText(overRefusal))],
          ['Utility', ...columns.map(({ utility }) => shareText(utility))],
        ],
      };
    }),
  );
}
