/** @file The user turn of a behavior, with the document that comes with it, and the part of that turn which is the attacker's. */
import { attackerSlot, type Behavior } from './behavior.ts';
import type { ChatMessage } from './chat.ts';

interface Turn {
  /** What stands before and after the prompt. */
  readonly before: string;
  readonly after: string;
  /** Where the document begins, in characters of the turn; `undefined` where there is none. */
  readonly documentFrom: (prompt: string) => number | undefined;
}

function turnOf({ document }: Pick<Behavior, 'document'>): Turn {
  if (document === undefined) return { before: '', after: '', documentFrom: () => undefined };
  const { task, text } = document;
  if (task === undefined)
    return { before: '', after: `\n\n${text}`, documentFrom: (prompt) => prompt.length + 2 };
  const asked = `${task}\n\n`;
  const slot = text.indexOf(attackerSlot);
  return {
    before: asked + text.slice(0, slot),
    after: text.slice(slot + attackerSlot.length),
    documentFrom: () => asked.length,
  };
}

/**
 * The user turn that sends `prompt`. A document follows the request; where an attacker can write into it, the prompt
 * stands there, behind what the user asks.
 */
export function userTurn(behavior: Pick<Behavior, 'document'>, prompt: string): ChatMessage {
  const { before, after, documentFrom } = turnOf(behavior);
  const content = before + prompt + after;
  const from = documentFrom(prompt);
  return { role: 'user', content, ...(from !== undefined && { documents: [[from, content.length]] }) };
}

/** The prompt that `userTurn` was given; `null` for a turn that it did not write. */
export function promptIn(behavior: Pick<Behavior, 'document'>, turn: string): string | null {
  const { before, after } = turnOf(behavior);
  const isWhole = turn.length >= before.length + after.length;
  if (!isWhole || !turn.startsWith(before) || !turn.endsWith(after)) return null;
  return turn.slice(before.length, turn.length - after.length);
}
