/** @file Rows that hold a whole conversation; its last answer is what is taught. */
import type { TableRow } from '../table-row.ts';
import type { TrainingColumns } from './columns.ts';
import { conversationIn, withAnswer } from './conversation.ts';
import type { AnswerRow } from './training-row.ts';

export const messagesShape = {
  id: 'messages',
  title: 'Conversations',
  note: 'Of each conversation the last answer is trained; the turns before it are its prompt.',
  fits: ({ messages }: TrainingColumns): boolean => messages !== undefined,
  /** @throws RowError */
  read: (row: TableRow, { messages = '', label }: TrainingColumns): AnswerRow => ({
    ...withAnswer(conversationIn(row.values[messages] ?? '', messages), messages),
    label: label === undefined ? null : (row.values[label] ?? ''),
  }),
} as const;
