/** @file The results that ship: whole, of the plans beside them, and explained where an attack shows nothing. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { attacks } from '../src/attacks/index.ts';
import { defenses } from '../src/defenses/index.ts';
import { parsePublishedResults, parseMethodNotes } from '../src/lab/analysis/published.ts';
import { attackFigures, standsOut } from '../src/lab/analysis/method-figures.ts';
import { defenseNames, directRequest, parsePlan, undefended } from '../src/lab/plan/plan.ts';

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../public/${path}`, import.meta.url), 'utf8'));
const published = {
  attacks: {
    results: parsePublishedResults(read('results/attacks.json')),
    plan: parsePlan(read('plans/attacks.json')),
  },
  defenses: {
    results: parsePublishedResults(read('results/defenses.json')),
    plan: parsePlan(read('plans/defenses.json')),
  },
};
const notes = parseMethodNotes(read('results/notes.json'));
const { results: onAttacks } = published.attacks;

test.each(['attacks', 'defenses'] as const)('the results on %s are those of the plan that ships', (kind) => {
  const { results, plan } = published[kind];
  expect([results.plan, results.seed]).toEqual([plan.name, plan.seed]);
  const pairs = results.cells.map(({ attack, defense }) => `${attack}|${defense}`);
  const planned = defenseNames(plan).flatMap((defense) => plan.attacks.map(({ id }) => `${id}|${defense}`));
  expect(pairs).toEqual(planned);
});

test('an attack that does no better than asking plainly has a note that says why', () => {
  const unexplained = onAttacks.cells
    .filter(({ attack, defense }) => defense === undefended && attack !== directRequest)
    .filter(({ attack }) => !standsOut(attackFigures(onAttacks, attack)!) && !notes.attacks[attack]);
  expect(unexplained.map(({ attack }) => attack)).toEqual([]);
});

test('notes are of methods that there are, in one to three sentences', () => {
  expect(Object.keys(notes.attacks).filter((id) => !attacks.has(id))).toEqual([]);
  expect(Object.keys(notes.defenses).filter((id) => !defenses.has(id))).toEqual([]);
  for (const note of [...Object.values(notes.attacks), ...Object.values(notes.defenses)])
    expect(note).toMatch(/^[A-Z](?:[^.]|\.(?=\d))*\.(?: [A-Z0-9](?:[^.]|\.(?=\d))*\.){0,2}$/);
});
