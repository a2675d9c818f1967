/** @file A conversation as plain data, and the edits that attacks and defenses make to it. */

export type Role = 'system' | 'user' | 'assistant';

export interface ChatMessage {
  readonly role: Role;
  readonly content: string;
}

export const system = (content: string): ChatMessage => ({ role: 'system', content });
export const user = (content: string): ChatMessage => ({ role: 'user', content });
export const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });

/** Text of the last user turn, or `''` when there is none. */
export const lastUserText = (messages: readonly ChatMessage[]): string =>
  messages.findLast(({ role }) => role === 'user')?.content ?? '';

/** A copy in which only the last user turn is rewritten; every other turn is the same object. */
export function editLastUser(
  messages: readonly ChatMessage[],
  edit: (content: string) => string,
): readonly ChatMessage[] {
  const index = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map((message, i) => (i === index ? user(edit(message.content)) : message));
}

/** A copy whose system turn is rewritten by `edit`; without one, a system turn made from `''` is put first. */
export function editSystem(
  messages: readonly ChatMessage[],
  edit: (content: string) => string,
): readonly ChatMessage[] {
  const [first, ...rest] = messages;
  return first?.role === 'system' ? [system(edit(first.content)), ...rest] : [system(edit('')), ...messages];
}
