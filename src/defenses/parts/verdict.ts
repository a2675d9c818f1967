/** @file Reads what a model says when it is asked for yes or no. */

/** What the first word of a verdict says; `null` if it is neither yes nor no. */
export const firstWord = (verdict: string): 'yes' | 'no' | null => {
  const word = /^[^\p{L}\p{N}]*(yes|no)(?![\p{L}\p{N}'’])/iu.exec(verdict)?.[1]?.toLowerCase();
  return word === 'yes' || word === 'no' ? word : null;
};
