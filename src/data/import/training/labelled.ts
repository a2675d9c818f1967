/** @file Rows with a prompt, an answer to it, and perhaps a label that says what kind of answer it is. */
import type { TableRow } from '../table-row.ts';
import type { TrainingColumns } from './columns.ts';
import { checkedText } from './conversation.ts';
import { promptIn } from './prompt.ts';
import type { AnswerRow } from './training-row.ts';

export const labelledShape = {
  id: 'labelled',
  title: 'Prompts with answers',
  note: null,
  fits: ({ prompt, answer }: TrainingColumns): boolean => prompt !== undefined && answer !== undefined,
  /** @throws RowError */
  read: (row: TableRow, columns: TrainingColumns): AnswerRow => ({
    prompt: promptIn(row, columns),
    answer: checkedText(row.values[columns.answer!] ?? '', columns.answer, 'The answer'),
    label: columns.label === undefined ? null : (row.values[columns.label] ?? ''),
  }),
} as const;
