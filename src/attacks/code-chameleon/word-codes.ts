/** @file Encryptions of a list of words that a short program reverses. `decode` never throws. */

export interface WordCode {
  readonly encode: (text: string) => string;
  /** The text with single blanks; an unreadable code is returned unchanged. */
  readonly decode: (code: string) => string;
}

const wordsOf = (text: string): string[] => text.trim().split(/\s+/);

const wordCode = <T>(
  scramble: (words: readonly string[]) => T,
  restore: (code: T) => readonly string[],
): WordCode => ({
  encode: (text) => JSON.stringify(scramble(wordsOf(text))),
  decode: (code) => {
    try {
      return restore(JSON.parse(code) as T).join(' ');
    } catch {
      return code;
    }
  },
});

/** The last word first. */
const reverse = wordCode(
  (words) => words.toReversed(),
  (words) => words.toReversed(),
);

/** The words at even positions (from 0), then those at odd positions. */
const oddEven = wordCode(
  (words) => [...words.filter((_, i) => i % 2 === 0), ...words.filter((_, i) => i % 2 === 1)],
  (words) => {
    const half = Math.ceil(words.length / 2);
    return words.map((_, i) => words[i % 2 === 0 ? i / 2 : half + (i - 1) / 2]!);
  },
);

/** The shortest word first, each with its position. */
const byLength = wordCode(
  (words) => words.map((word, i) => [word, i] as const).toSorted(([a], [b]) => a.length - b.length),
  (pairs) => pairs.toSorted(([, a], [, b]) => a - b).map(([word]) => word),
);

type Tree = readonly [] | readonly [left: Tree, word: string, right: Tree];
const treeOf = (words: readonly string[]): Tree => {
  if (words.length === 0) return [];
  const middle = Math.floor((words.length - 1) / 2);
  return [treeOf(words.slice(0, middle)), words[middle]!, treeOf(words.slice(middle + 1))];
};
const wordsInOrder = (tree: Tree): readonly string[] =>
  tree.length === 0 ? [] : [...wordsInOrder(tree[0]), tree[1], ...wordsInOrder(tree[2])];
/** A balanced binary tree, read in order: left, middle, right. */
const binaryTree = wordCode(treeOf, wordsInOrder);

export const wordCodes = {
  reverse,
  'odd-even': oddEven,
  length: byLength,
  'binary-tree': binaryTree,
} as const;
