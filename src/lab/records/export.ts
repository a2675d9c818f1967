/** @file Trials as files that others can read: JSON Lines, complete, and CSV, one row per trial. */
import { sumOfCounts } from '../../core/counts.ts';
import { modeOf } from '../plan/attack-mode.ts';
import type { TrialRecord } from './trial.ts';
import { noUsage } from './usage.ts';

export interface ExportOptions {
  /** Default true. When false, what a model wrote is left out; scores, costs and prompts stay. */
  readonly answers?: boolean;
}

/**
 * One record as a line of JSON, without the line break. The order of fields is fixed and `times` comes last, so
 * that the same trial gives the same bytes up to its times. Fields that this release does not know are kept.
 */
export function trialLine(record: TrialRecord, options: ExportOptions = {}): string {
  const { times, ...rest } = options.answers === false ? withoutAnswers(record) : record;
  const ordered = fieldOrder.flatMap((field) => (field in rest ? [[field, rest[field]] as const] : []));
  return JSON.stringify({ ...Object.fromEntries(ordered), ...rest, times });
}

/** All records, in the order given (a store gives the order of the plan); each line ends in `\n`. */
export function* trialLines(
  records: Iterable<TrialRecord>,
  options: ExportOptions = {},
): Generator<string, void> {
  for (const record of records) yield `${trialLine(record, options)}\n`;
}

const fieldOrder = [
  'version',
  'model',
  'behavior',
  'attack',
  'defense',
  'mode',
  'tier',
  'sights',
  'behaviorDetail',
  'templates',
  'texts',
  'replayedFrom',
  'attackResult',
  'attackSteps',
  'response',
  'reading',
  'untranslated',
  'finishReason',
  'error',
  'tokens',
  'events',
  'scores',
  'usage',
  'attackUsage',
  'answerUsage',
  'otherEngine',
  'seed',
] as const satisfies readonly (keyof TrialRecord)[];

/** Scores keep value and label: an explanation may quote the answer, and so may steps and events. */
const withoutAnswers = ({ reading: _reading, ...record }: TrialRecord): TrialRecord => ({
  ...record,
  attackSteps: record.attackSteps.map(({ detail: _, ...step }) => step),
  response: '',
  tokens: [],
  events: record.events.map(({ defense, action, cost }) => ({
    defense,
    action,
    reason: '',
    ...(cost && { cost }),
  })),
  scores: Object.fromEntries(
    Object.entries(record.scores).map(([id, score]) => [id, { ...score, explanation: '' }]),
  ),
});

/** Stands before a table, because spreadsheets read a file without it in the code page of the computer. */
export const byteOrderMark = '\uFEFF';

/**
 * A table for spreadsheets (RFC 4180, lines end in CRLF). Text that a spreadsheet would run as a formula gets a
 * leading apostrophe; numbers stay numbers. Each evaluator has a column for its value and one for its label.
 */
export function csvTable(
  evaluators: readonly string[],
  options: ExportOptions = {},
): { readonly head: string; readonly row: (record: TrialRecord) => string } {
  const columns = [...fixedColumns(options), ...evaluators.flatMap(scoreColumns)];
  return {
    head: csvRow(columns.map(([name]) => name)),
    row: (record) => csvRow(columns.map(([, read]) => read(record))),
  };
}

type Column = readonly [name: string, read: (record: TrialRecord) => string | number];

const answerColumns: readonly Column[] = [
  ['response', ({ response }) => response],
  ['reading', ({ reading }) => reading ?? ''],
];

const nameOf = (answeredIn: TrialRecord['attackResult']['answeredIn']): string =>
  typeof answeredIn === 'object' ? answeredIn.language : (answeredIn ?? '');

const confirmedText = (confirmation: TrialRecord['attackResult']['confirmation']): string =>
  confirmation === undefined ? '' : `${confirmation.answered} of ${confirmation.repeats}`;

const fixedColumns = ({ answers = true }: ExportOptions): readonly Column[] => [
  ['model', ({ model }) => model],
  ['behavior', ({ behavior }) => behavior],
  ['kind', ({ behaviorDetail }) => behaviorDetail.kind],
  ['category', ({ behaviorDetail }) => behaviorDetail.category],
  ['attack', ({ attack }) => attack],
  ['defense', ({ defense }) => defense],
  ['mode', modeOf],
  ['tier', ({ tier }) => tier ?? ''],
  ['sights', ({ sights = [] }) => sights.join(' ')],
  ['templates', ({ templates }) => templates ?? ''],
  ['texts', ({ texts }) => texts?.pack ?? ''],
  ['textsHash', ({ texts }) => texts?.hash ?? ''],
  ['textsLanguage', ({ texts }) => texts?.language ?? ''],
  ['replayedFrom', ({ replayedFrom }) => replayedFrom ?? ''],
  [
    'prompt',
    ({ attackResult }) => attackResult.messages.map(({ role, content }) => `${role}: ${content}`).join('\n'),
  ],
  ['assistantPrefix', ({ attackResult }) => attackResult.assistantPrefix ?? ''],
  ['assistantThought', ({ attackResult }) => attackResult.assistantThought?.text ?? ''],
  ['answeredIn', ({ attackResult: { answeredIn } }) => nameOf(answeredIn)],
  ...(answers ? answerColumns : []),
  ['untranslated', ({ untranslated }) => untranslated ?? ''],
  ['finishReason', ({ finishReason }) => finishReason],
  ['blockedBy', ({ events }) => events.find(({ action }) => action === 'blocked')?.defense ?? ''],
  ['targetQueries', ({ usage }) => usage.target?.queries ?? 0],
  // Empty where they were not counted.
  [
    'targetTokens',
    ({ usage: { target = noUsage } }) => sumOfCounts([target.promptTokens, target.completionTokens]) ?? '',
  ],
  ['loss', ({ attackResult }) => attackResult.loss ?? ''],
  ['claimed', ({ attackResult }) => String(attackResult.claimed ?? '')],
  ['endedBy', ({ attackResult }) => attackResult.endedBy ?? ''],
  ['confirmed', ({ attackResult: { confirmation } }) => confirmedText(confirmation)],
  ['successTest', ({ attackResult }) => attackResult.outcomes?.test ?? ''],
  ['falseSuccesses', ({ attackResult }) => attackResult.outcomes?.falseSuccesses ?? ''],
  ['seed', ({ seed }) => seed],
  ['elapsedMs', ({ times }) => Math.round(times.attackMs + times.answerMs + times.scoreMs)],
];

const scoreColumns = (id: string): readonly Column[] => [
  [`${id}.value`, ({ scores }) => scores[id]?.value ?? ''],
  [`${id}.label`, ({ scores }) => scores[id]?.label ?? ''],
];

/** One line of a table as above. */
export const csvRow = (cells: readonly (string | number)[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** @see https://owasp.org/www-community/attacks/CSV_Injection for the characters that start a formula */
function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
