/** @file Marks where quoted text begins and ends, for prompts that show one model what another wrote. */

/** `content` between two lines of `=` that are longer than any such run within it, so that it cannot close them. */
export function fence(content: string): string {
  const longest = Math.max(3, ...Array.from(content.matchAll(/=+/g), ([run]) => run.length));
  const line = '='.repeat(longest + 1);
  return `${line}\n${content}\n${line}`;
}
