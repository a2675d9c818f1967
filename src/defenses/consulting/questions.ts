/** @file Questions to a model about a text that another wrote, and its verdicts. */

/** `content` between two lines of `=` that are longer than any such run within it, so that it cannot close them. */
export function fence(content: string): string {
  const longest = Math.max(3, ...Array.from(content.matchAll(/=+/g), ([run]) => run.length));
  const line = '='.repeat(longest + 1);
  return `${line}\n${content}\n${line}`;
}

/** What the first word of a verdict says; `null` if it is neither yes nor no. */
export const firstWord = (verdict: string): 'yes' | 'no' | null => {
  const word = /^[^\p{L}\p{N}]*(yes|no)(?![\p{L}\p{N}'’])/iu.exec(verdict)?.[1]?.toLowerCase();
  return word === 'yes' || word === 'no' ? word : null;
};
