/** @file Rows with two answers to one prompt, of which one is better. */
import { assistant, user, type ChatMessage } from '../../../core/chat.ts';
import type { TableRow } from '../table-row.ts';
import type { TrainingColumns } from './columns.ts';
import { checkedText, inTurns, turnsIn, withAnswer } from './conversation.ts';
import { promptIn } from './prompt.ts';
import { RowError, type PreferenceRow } from './training-row.ts';

export const preferencesShape = {
  id: 'preferences',
  title: 'Preferences',
  note: null,
  fits: ({ chosen, rejected }: TrainingColumns): boolean => chosen !== undefined && rejected !== undefined,
  /** @throws RowError */
  read(row: TableRow, columns: TrainingColumns): PreferenceRow {
    const sideOf = (field: 'chosen' | 'rejected') => {
      const column = columns[field]!;
      return answerIn(row.values[column] ?? '', column, columns.prompt !== undefined);
    };
    const [chosen, rejected] = [sideOf('chosen'), sideOf('rejected')];
    if (chosen.answer === rejected.answer)
      throw new RowError(
        columns.rejected,
        'The same answer is chosen and rejected. Correct it, or remove the row.',
      );
    if (columns.prompt !== undefined)
      return { prompt: promptIn(row, columns), chosen: chosen.answer, rejected: rejected.answer };
    if (JSON.stringify(chosen.prompt) !== JSON.stringify(rejected.prompt))
      throw new RowError(columns.rejected, 'The two conversations differ before their last answer.');
    return { prompt: chosen.prompt, chosen: chosen.answer, rejected: rejected.answer };
  },
} as const;

/** Marks of turns in dialogues that are written as one text. */
const turnMark = /\n\n(Human|Assistant): ?/;

/** An answer as it stands, or at the end of a conversation, written as a list of turns or as a dialogue in one text. */
function answerIn(text: string, column: string, hasPrompt: boolean) {
  if (/^\s*\[\s*\{/.test(text)) {
    const turns = turnsIn(text, column);
    const isAnswer = hasPrompt && turns.length === 1 && turns[0]!.role === 'assistant';
    return isAnswer ? { prompt: [], answer: turns[0]!.content } : withAnswer(inTurns(turns, column), column);
  }
  if (hasPrompt) return { prompt: [], answer: checkedText(text, column, 'The answer') };
  const [before = '', ...parts] = text.split(turnMark);
  if (before.trim() !== '' || parts.length === 0)
    throw new RowError(
      column,
      'There is no prompt. Give a column "prompt", or conversations as lists of turns.',
    );
  const turns: ChatMessage[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const content = checkedText(parts[i + 1]!.trim(), column, `Turn ${i / 2 + 1}`);
    turns.push(parts[i] === 'Human' ? user(content) : assistant(content));
  }
  return withAnswer(inTurns(turns, column), column);
}
