/** @file The prompt of a row: a request in columns of its own, or a conversation that ends with the user's turn. */
import { system, user, type ChatMessage } from '../../../core/chat.ts';
import type { TableRow } from '../table-row.ts';
import type { TrainingColumns } from './columns.ts';
import { checkedText, conversationIn } from './conversation.ts';
import { RowError } from './training-row.ts';

/** @throws RowError */
export function promptIn({ values }: TableRow, columns: TrainingColumns): readonly ChatMessage[] {
  const textIn = (column: string | undefined) => (column === undefined ? '' : (values[column] ?? ''));
  const text = textIn(columns.prompt);
  if (columns.prompt !== undefined && /^\s*\[\s*\{/.test(text)) {
    const turns = conversationIn(text, columns.prompt);
    if (turns.at(-1)!.role === 'user') return turns;
    throw new RowError(columns.prompt, 'The conversation does not end with a turn of the user.');
  }
  const request = [checkedText(text, columns.prompt, 'The prompt'), textIn(columns.input)]
    .filter((part) => part.trim() !== '')
    .join('\n\n');
  const rules = textIn(columns.system);
  return [
    ...(rules.trim() === '' ? [] : [system(checkedText(rules, columns.system, 'The system prompt'))]),
    user(checkedText(request, columns.input ?? columns.prompt, 'The prompt')),
  ];
}
