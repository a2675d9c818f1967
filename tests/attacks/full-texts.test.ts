/** @file The full texts of attackers and rewriters: as long as those of the papers, with their numbers of examples. */
import { describe, expect, test } from 'vitest';
import { attacks } from '../../src/attacks/index.ts';
import { readJsonProposal } from '../../src/attacks/parts/attacker/structured-reply.ts';

const full = (id: string) => attacks.get(id).templates!.full;
const only = (id: string, name: string) => full(id)[name]![0]!;
const examplesIn = (text: string) => text.split('\n').filter((line) => line.startsWith('{"improvement"'));

describe.each([
  ['pair', 'role-play', 3],
  ['pair', 'reasoning', 3],
  ['pair', 'authority', 3],
  ['tap', 'system', 3],
  ['crescendo', 'system', 7],
] as const)('the system prompt of %s (%s)', (id, name, count) => {
  test('has the length of the paper', () => {
    expect(only(id, name).length).toBeGreaterThan(5000);
    expect(only(id, name).length).toBeLessThan(9000);
  });
  test('has examples that are read as proposals, with reason and prompt', () => {
    const examples = examplesIn(only(id, name));
    expect(examples).toHaveLength(count);
    for (const example of examples) {
      const { prompt, improvement } = readJsonProposal(example)!;
      expect(improvement!.length).toBeGreaterThan(50);
      expect(prompt.length).toBeGreaterThan(60);
    }
  });
});

test('every technique of persuasion has a definition and an example, and the rewriter sees two rewritings more', () => {
  const { rewrite, ...techniques } = full('persuasion');
  for (const [text] of Object.values(techniques)) {
    if (text === full('persuasion')['judge']![0]) continue;
    expect(text).toMatch(
      /^[A-Z][^.]+\. [^\n]{40,}\nAn example, for the request "Lend me your ladder": ".{80,}"$/,
    );
  }
  expect(rewrite![0]!.match(/^Rewriting: ".+"$/gm)).toHaveLength(2);
});

test.each(['past', 'future'])('the %s tense has six examples, none of them the request', (name) => {
  expect(only('tense', name).match(/^Rewritten: .+\?$/gm)).toHaveLength(6);
  expect(only('tense', name).endsWith('Request: {goal}\nRewritten:')).toBe(true);
});
