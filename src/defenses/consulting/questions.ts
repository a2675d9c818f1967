/** @file Questions to a model about a text that someone else wrote, and verdicts on it. */
import { firstYesNo } from '../../core/yes-no.ts';

/** `content` between two lines of `=` that are longer than any run of `=` in it, so that it cannot end the quote. */
export function fence(content: string): string {
  const longest = Math.max(3, ...Array.from(content.matchAll(/=+/g), ([run]) => run.length));
  const line = '='.repeat(longest + 1);
  return `${line}\n${content}\n${line}`;
}

/** The first word of a verdict, after thoughts and an "Answer:"; `null` if it is neither yes nor no. */
export const firstWord = (verdict: string): 'yes' | 'no' | null => {
  const isYes = firstYesNo(verdict);
  if (isYes === null) return null;
  return isYes ? 'yes' : 'no';
};
