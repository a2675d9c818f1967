/** @file Reads a conversation that stands in one field of a file. */
import type { ChatMessage, Role } from '../../../core/chat.ts';
import { excerpt } from '../../../core/excerpt.ts';
import { count } from '../../../core/format.ts';
import { RowError } from './training-row.ts';

/** Characters of a text and turns of a conversation, as a training holds them. */
const mostTextCharacters = 100_000;
const mostTurns = 200;

/** Also by the names that other files give the roles. */
const roles: ReadonlyMap<string, Role> = new Map([
  ['system', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
]);

/** A text that is neither empty, nor too long, nor in another encoding. @throws RowError */
export function checkedText(text: string, column: string | undefined, what: string): string {
  const fail = (message: string) => new RowError(column, message);
  if (text.trim() === '') throw fail(`${what} is empty. Fill it in, or remove the row.`);
  if (text.includes('\ufffd'))
    throw fail(`${what} holds bytes that are no text in this encoding. Choose another encoding.`);
  if (text.length > mostTextCharacters)
    throw fail(
      `${what} has ${count(text.length)} characters; up to ${count(mostTextCharacters)} are read. Shorten it.`,
    );
  return text;
}

/** A conversation in which user and assistant take turns. @throws RowError that names the turn */
export const conversationIn = (text: string, column: string): readonly ChatMessage[] =>
  inTurns(turnsIn(text, column), column);

/**
 * @param text JSON: a list of turns with `role` and `content`, or with `from` and `value`
 * @throws RowError that names the turn
 */
export function turnsIn(text: string, column: string): readonly ChatMessage[] {
  const list = parsed(text);
  if (!Array.isArray(list) || list.length === 0)
    throw new RowError(column, 'This is no list of turns. Write [{"role": "user", "content": "…"}, …].');
  if (list.length > mostTurns)
    throw new RowError(column, `There are ${list.length} turns; up to ${mostTurns} are read. Shorten it.`);
  return list.map((turn: unknown, i) => turnOf(turn, i + 1, column));
}

/** @throws RowError unless user and assistant take turns after at most one system turn */
export function inTurns(turns: readonly ChatMessage[], column: string): readonly ChatMessage[] {
  const first = turns[0]?.role === 'system' ? 1 : 0;
  const wrong = turns.findIndex(({ role }, i) => role !== roleAt(i, first));
  if (wrong < 0) return turns;
  throw new RowError(
    column,
    `Turn ${wrong + 1} is the ${turns[wrong]!.role}'s where the ${roleAt(wrong, first)}'s should be. After at most one system turn, user and assistant take turns; the user begins.`,
  );
}

const roleAt = (place: number, first: number): Role =>
  place < first ? 'system' : (place - first) % 2 === 0 ? 'user' : 'assistant';

function turnOf(turn: unknown, place: number, column: string): ChatMessage {
  const { role, from, content, value } = (typeof turn === 'object' && turn !== null ? turn : {}) as Readonly<
    Record<string, unknown>
  >;
  const [name, text] = [role ?? from, content ?? value];
  if (typeof name !== 'string' || typeof text !== 'string')
    throw new RowError(column, `Turn ${place} lacks a role or a text. Give it "role" and "content".`);
  const known = roles.get(name.toLowerCase());
  if (!known)
    throw new RowError(
      column,
      `Turn ${place} has the role "${excerpt(name, 40)}". Use system, user or assistant.`,
    );
  return { role: known, content: checkedText(text, column, `Turn ${place}`) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A conversation that ends with an answer, as prompt and answer. @throws RowError */
export function withAnswer(turns: readonly ChatMessage[], column: string) {
  const last = turns.at(-1)!;
  if (last.role !== 'assistant' || turns.length < 2)
    throw new RowError(column, "The conversation does not end with the assistant's answer. Add one.");
  return { prompt: turns.slice(0, -1), answer: last.content };
}
