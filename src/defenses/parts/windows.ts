/** @file Overlapping windows of words, and a text without some of them. */

export interface TextWindow {
  /** Place of the first character, and of the one after the last. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Windows of `count` words, each half over the one before, to the last word; none for a text without words. */
export function wordWindows(content: string, count: number): readonly TextWindow[] {
  const words = Array.from(content.matchAll(/\S+/gu), ({ index, 0: word }) => ({
    start: index,
    end: index + word.length,
  }));
  if (words.length === 0) return [];
  const stride = Math.max(1, Math.floor(count / 2));
  const steps = Math.max(0, Math.ceil((words.length - count) / stride));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const first = Math.max(0, Math.min(i * stride, words.length - count));
    const { start } = words[first]!;
    const { end } = words[Math.min(first + count, words.length) - 1]!;
    return { start, end, text: content.slice(start, end) };
  });
}

/** `content` with the windows cut out, wherever they overlap, and the blanks around a cut made one. */
export function withoutWindows(content: string, windows: readonly TextWindow[]): string {
  if (windows.length === 0) return content;
  const kept: string[] = [];
  let at = 0;
  for (const { start, end } of windows.toSorted((a, b) => a.start - b.start)) {
    if (start > at) kept.push(content.slice(at, start).trim());
    at = Math.max(at, end);
  }
  return [...kept, content.slice(at).trim()].filter((part) => part !== '').join(' ');
}
