/** @file A conversation as plain data, and the edits that attacks and defenses make to it. */

export type Role = 'system' | 'user' | 'assistant';

/** Characters `[start, end)` of a text. */
export type TextSpan = readonly [start: number, end: number];

export interface ChatMessage {
  readonly role: Role;
  readonly content: string;
  /**
   * Where the content of a user turn holds the user's own words, which a defense may show more than once, in ascending
   * order; the rest is the defense's. Absent: all of it is the user's. Models ignore it.
   */
  readonly own?: readonly TextSpan[] | undefined;
  /** True if a defense changed the user's own words; absent if they are as the user wrote them. Models ignore it. */
  readonly rewritten?: true | undefined;
  /**
   * Where the content of a user turn holds texts from elsewhere, such as a web page or a letter, in ascending order: data
   * for a task, among the words that the user sends. Models ignore it.
   */
  readonly documents?: readonly TextSpan[] | undefined;
}

export const system = (content: string): ChatMessage => ({ role: 'system', content });
export const user = (content: string): ChatMessage => ({ role: 'user', content });
export const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });

/** A user turn that a defense wrote: none of its words are the user's. */
export const shownTurn = (content: string): ChatMessage => ({ role: 'user', content, own: [] });

/** Text of the last user turn, or `''` when there is none. */
export const lastUserText = (messages: readonly ChatMessage[]): string =>
  messages.findLast(({ role }) => role === 'user')?.content ?? '';

/**
 * A copy in which only the last user turn is rewritten, as the user's own words; every other turn is the same object, and
 * so is one whose text stays as it is.
 */
export const editLastUser = (
  messages: readonly ChatMessage[],
  edit: (content: string) => string,
): readonly ChatMessage[] =>
  withLastUser(messages, (turn) => {
    const content = edit(turn.content);
    return content === turn.content ? turn : user(content);
  });

function withLastUser(
  messages: readonly ChatMessage[],
  edit: (turn: ChatMessage) => ChatMessage,
): readonly ChatMessage[] {
  const index = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map((message, i) => (i === index ? edit(message) : message));
}

/** The spans of the user's own words in a turn; a system or assistant turn has none. */
export const ownSpans = ({ role, content, own }: ChatMessage): readonly TextSpan[] =>
  role === 'user' ? (own ?? [[0, content.length]]) : [];

/** The user's own words in a turn, or `''` when there are none. */
export function ownWords(turn: ChatMessage): string {
  const [first] = ownSpans(turn);
  return first ? turn.content.slice(...first) : '';
}

/** The user's own words in the last user turn, or `''` when there are none. */
export function lastOwnWords(messages: readonly ChatMessage[]): string {
  const turn = messages.findLast(({ role }) => role === 'user');
  return turn ? ownWords(turn) : '';
}

/** The user's own words in each user turn that has any. */
export const allOwnWords = (messages: readonly ChatMessage[]): readonly string[] =>
  messages.filter((turn) => ownSpans(turn).length > 0).map(ownWords);

/** `text` with each of `spans` rewritten by `edit`, and where they then are. */
function editSpans(text: string, spans: readonly TextSpan[], edit: (words: string) => string) {
  let [content, at] = ['', 0];
  const edited: TextSpan[] = [];
  for (const [start, end] of spans) {
    content += text.slice(at, start);
    const words = edit(text.slice(start, end));
    edited.push([content.length, content.length + words.length]);
    content += words;
    at = end;
  }
  return { content: content + text.slice(at), spans: edited };
}

/**
 * A turn whose own words are rewritten by `edit`, span by span, and whose other text stays as it is. Where a document
 * stands in rewritten words is not known.
 */
export function editOwnWords(turn: ChatMessage, edit: (words: string) => string): ChatMessage {
  const { content, spans: own } = editSpans(turn.content, ownSpans(turn), edit);
  if (content === turn.content) return turn;
  const { documents: _, ...rest } = turn;
  return { ...rest, content, ...(turn.own && { own }), rewritten: true };
}

/** The texts from elsewhere in a turn. */
export const documentsIn = ({ content, documents = [] }: ChatMessage): readonly string[] =>
  documents.map((span) => content.slice(...span));

/** The user's own words in the last user turn, without the texts from elsewhere among them. */
export function lastWordsAroundDocuments(messages: readonly ChatMessage[]): string {
  const turn = messages.findLast(({ role }) => role === 'user');
  const [own] = turn ? ownSpans(turn) : [];
  if (turn === undefined || own === undefined) return '';
  let [words, at] = ['', own[0]];
  for (const [start, end] of turn.documents ?? []) {
    if (start < at || end > own[1]) continue;
    words += turn.content.slice(at, start);
    at = end;
  }
  return (words + turn.content.slice(at, own[1])).trim();
}

/** A turn whose texts from elsewhere are rewritten by `edit`, and whose other text stays as it is. */
export function editDocuments(turn: ChatMessage, edit: (text: string) => string): ChatMessage {
  const before = turn.documents ?? [];
  const { content, spans: documents } = editSpans(turn.content, before, edit);
  if (content === turn.content) return turn;
  // A span of the user's words ends outside of documents, or at the end of one.
  const moved = (place: number): number => {
    const last = before.findLastIndex(([, end]) => end <= place);
    return last < 0 ? place : place + documents[last]![1] - before[last]![1];
  };
  const own = turn.own?.map(([start, end]): TextSpan => [moved(start), moved(end)]);
  return { ...turn, content, documents, ...(own && { own }), rewritten: true };
}

/** The content of a turn in pieces: `cut` cuts the user's own words, and what surrounds them stays with the next piece. */
export function cutOwnWords(turn: ChatMessage, cut: (words: string) => readonly string[]): readonly string[] {
  const pieces: string[] = [];
  let [open, at] = ['', 0];
  for (const [start, end] of ownSpans(turn)) {
    const [first = '', ...rest] = cut(turn.content.slice(start, end));
    pieces.push(open + turn.content.slice(at, start) + first, ...rest);
    open = pieces.pop()!;
    at = end;
  }
  return [...pieces, open + turn.content.slice(at)];
}

/** A copy in which only the user's own words in the last user turn are rewritten. */
export const editLastOwnWords = (
  messages: readonly ChatMessage[],
  edit: (words: string) => string,
): readonly ChatMessage[] => withLastUser(messages, (turn) => editOwnWords(turn, edit));

/**
 * A copy whose last user turn is put into `frame` at each `slot` in it, as it is. The frame is not the user's.
 * @param slot a text that `frame` holds at least once
 */
export const frameLastUser = (
  messages: readonly ChatMessage[],
  frame: string,
  slot: string,
): readonly ChatMessage[] =>
  withLastUser(messages, (turn) => {
    const [first = '', ...rest] = frame.split(slot);
    let content = first;
    const own: TextSpan[] = [];
    const documents: TextSpan[] = [];
    for (const part of rest) {
      const moved = ([start, end]: TextSpan): TextSpan => [content.length + start, content.length + end];
      own.push(...ownSpans(turn).map(moved));
      documents.push(...(turn.documents ?? []).map(moved));
      content += turn.content + part;
    }
    return { ...turn, content, own, ...(turn.documents && { documents }) };
  });

/** A copy whose system turn is rewritten by `edit`; without one, a system turn made from `''` is put first. */
export function editSystem(
  messages: readonly ChatMessage[],
  edit: (content: string) => string,
): readonly ChatMessage[] {
  const [first, ...rest] = messages;
  return first?.role === 'system' ? [system(edit(first.content)), ...rest] : [system(edit('')), ...messages];
}
