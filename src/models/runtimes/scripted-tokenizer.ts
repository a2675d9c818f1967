/** @file A tokenizer whose ids can be worked out by hand: printable ASCII and, on request, longer pieces. */
import { cutOwnWords, type ChatMessage, type Role } from '../../core/chat.ts';
import { beginningText } from '../beginning.ts';
import type { ChatTokenizer } from '../chat-tokenizer.ts';

const controls = ['<|bos|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>'] as const;
const bosId = 0;
const endId = 1;
const headerIds: Readonly<Record<Role, number>> = { system: 2, user: 3, assistant: 4 };
const unknown = '\uFFFD';
const characters = ['\n', ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)), unknown];

export interface ScriptedTokenizer extends ChatTokenizer {
  /** Text of every id, control tokens included. */
  readonly vocabulary: readonly string[];
  /** Undoes `prompt`: the conversation, and the ids of the assistant turn that is still being written. */
  read(ids: readonly number[]): { messages: ChatMessage[]; answer: number[] };
}

/**
 * @param pieces strings of two or more characters that become one token each, the longest match first: give
 *   `[' cat', ' dog']` for a tokenizer of words. Characters beyond printable ASCII become U+FFFD.
 */
export function scriptedTokenizer(pieces: readonly string[] = []): ScriptedTokenizer {
  const vocabulary: readonly string[] = [...controls, ...characters, ...pieces];
  const idOf = new Map(vocabulary.map((text, id) => [text, id]));
  const longestFirst = pieces.toSorted((a, b) => b.length - a.length);

  const encode = (text: string): number[] => {
    const ids: number[] = [];
    for (let at = 0; at < text.length;) {
      const piece = longestFirst.find((candidate) => text.startsWith(candidate, at));
      const unit = piece ?? String.fromCodePoint(text.codePointAt(at)!);
      ids.push(idOf.get(unit) ?? idOf.get(unknown)!);
      at += unit.length;
    }
    return ids;
  };
  const decode = (ids: readonly number[]) =>
    ids.map((id) => (id < controls.length ? '' : vocabulary[id]!)).join('');
  const anyControl = /(<\|(?:bos|end|system|user|assistant)\|>)/;
  const encodeControl = (text: string) =>
    text.split(anyControl).flatMap((part) => (anyControl.test(part) ? idOf.get(part)! : encode(part)));

  const tokenizer: ScriptedTokenizer = {
    vocabulary,
    vocabSize: vocabulary.length,
    bosId,
    endIds: new Set([endId]),
    specialIds: new Set(controls.keys()),
    systemRole: 'own',
    isPlain: false,
    opensThought: false,
    thoughtTags: null,
    withSettings: () => tokenizer,
    encode,
    decode,
    prompt: (messages, { specialTokens = 'text', pieces, ...beginning } = {}) => [
      bosId,
      ...messages.flatMap((message) => [
        headerIds[message.role],
        ...(pieces ? cutOwnWords(message, pieces) : [message.content]).flatMap((piece) =>
          specialTokens === 'control' ? encodeControl(piece) : encode(piece),
        ),
        endId,
      ]),
      headerIds.assistant,
      ...encode(beginningText(beginning)),
    ],
    read: (ids) => {
      const roles = Object.keys(headerIds) as Role[];
      const turns: { role: Role; ids: number[] }[] = [];
      for (const id of ids) {
        const role = roles.find((name) => headerIds[name] === id);
        if (role) turns.push({ role, ids: [] });
        else if (id !== endId && id !== bosId) turns.at(-1)?.ids.push(id);
      }
      const open = turns.at(-1)?.role === 'assistant' && ids.at(-1) !== endId ? turns.pop() : undefined;
      return {
        messages: turns.map((turn) => ({ role: turn.role, content: decode(turn.ids) })),
        answer: open?.ids ?? [],
      };
    },
  };
  return tokenizer;
}
