/** @file The results that ship: whole, of the plans beside them, and explained where an attack shows nothing. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hardenedRows, type HardenedFigures } from '../scripts/results/hardening-tables.ts';
import { paperTables, type PaperFigures } from '../scripts/results/paper-matrix.ts';
import { secretTables, type SecretResults } from '../scripts/results/secrets.ts';
import { withTables } from '../scripts/results/tables.ts';
import { baselineOf } from '../src/attacks/baselines.ts';
import { attacks } from '../src/attacks/index.ts';
import { defenses } from '../src/defenses/index.ts';
import { finetunings } from '../src/finetuning/index.ts';
import { hardenedSentences, parseHardened } from '../src/lab/analysis/hardened.ts';
import {
  parsePublishedResults,
  parseMethodNotes,
  type PublishedResults,
} from '../src/lab/analysis/published.ts';
import { attackFigures, equalBudget, standsOut, warningsAbout } from '../src/lab/analysis/method-figures.ts';
import { defenseNames, directRequest, parsePlan, undefended } from '../src/lab/plan/plan.ts';
import { registries } from '../src/lab/trials/registries.ts';
import { resolvePlan } from '../src/lab/trials/resolve.ts';
import { expandPlan } from '../src/lab/trials/trials.ts';

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../public/${path}`, import.meta.url), 'utf8'));
const published = {
  attacks: {
    results: parsePublishedResults(read('results/attacks.json')),
    plan: parsePlan(read('plans/attacks.json')),
  },
  searches: {
    results: parsePublishedResults(read('results/searches.json')),
    plan: parsePlan(read('plans/searches.json')),
  },
  defenses: {
    results: parsePublishedResults(read('results/defenses.json')),
    plan: parsePlan(read('plans/defenses.json')),
  },
};
const notes = parseMethodNotes(read('results/notes.json'));
const { results: onAttacks } = published.attacks;
const kinds = ['attacks', 'searches', 'defenses'] as const;

test.each(kinds)('the results on %s are those of the plan that ships', (kind) => {
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

test('whatever the files hold of claims and warnings is read, and a note says why a claim is far off', () => {
  for (const kind of kinds) {
    const raw = read(`results/${kind}.json`) as PublishedResults;
    const { claims, integrity } = published[kind].results;
    expect(claims).toEqual(raw.claims);
    expect(integrity).toEqual(raw.integrity);
    expect(raw.integrity).toBeDefined();
  }
  const apart = onAttacks.cells
    .map(({ attack }) => attack)
    .filter((attack) =>
      warningsAbout(onAttacks, [attack])!.some((warning) => warning.includes(': reported ')),
    );
  expect(apart.filter((attack) => notes.attacks[attack] === undefined)).toEqual([]);
});

test('every search stands beside its baseline, on the same behaviors, and at least as much was spent on the baseline', () => {
  const { results, plan } = published.searches;
  const searches = plan.attacks.map(({ id }) => id).filter((id) => baselineOf(id) !== undefined);
  const checked = results.baselines!.filter(({ evaluator }) => evaluator === results.cells[0]!.evaluator);
  expect(checked.map(({ attack }) => attack)).toEqual(searches);
  for (const check of checked) {
    const { n } = results.cells.find(({ attack }) => attack === check.attack)!;
    expect(check.paired).toBe(n);
    expect(n).toBeGreaterThanOrEqual(26); // one that learns first is not tested on what it learned from
    if (equalBudget(check) === false) expect(notes.searches[check.attack]).toMatch(/given less/);
  }
});

test('notes are of methods that there are, in one to three sentences', () => {
  for (const kind of ['attacks', 'searches'] as const)
    expect(Object.keys(notes[kind]).filter((id) => !attacks.has(id))).toEqual([]);
  expect(Object.keys(notes.defenses).filter((id) => !defenses.has(id))).toEqual([]);
  for (const note of kinds.flatMap((kind) => Object.values(notes[kind])))
    expect(note).toMatch(/^[A-Z](?:[^.]|\.(?=\d))*\.(?: [A-Z0-9](?:[^.]|\.(?=\d))*\.){0,2}$/);
});

describe('the results on secrets', () => {
  const docs = (name: string) => readFileSync(new URL(`../docs/results/${name}`, import.meta.url), 'utf8');
  const { summary, models } = JSON.parse(docs('secrets.json')) as {
    summary: unknown;
    models: SecretResults;
  };
  const results = parsePublishedResults(summary);
  const plan = parsePlan(read('plans/secrets.json'));

  test('are those of the plan that ships, on a real model, for the behaviors that its seed draws today', () => {
    expect([results.plan, results.seed]).toEqual([plan.name, plan.seed]);
    expect(models.map(({ title }) => title)).toEqual(['SmolLM2', 'keeper', 'keeper after DPO']);
    const { behaviors } = resolvePlan(plan, registries);
    const asked = behaviors.filter(({ kind }) => kind === 'harmful').map(({ id }) => id);
    const planned = defenseNames(plan).flatMap((defense) => plan.attacks.map(({ id }) => `${id}|${defense}`));
    for (const { id, figures } of models) {
      const own = results.cells.filter(({ model, evaluator }) => model === id && evaluator === 'secret-leak');
      expect(own.map(({ attack, defense }) => `${attack}|${defense}`)).toEqual(planned);
      expect(figures.asked).toEqual(asked);
    }
  });

  test('hold what defenses cost, and no false alarm of the search for secrets', () => {
    const behind = defenseNames(plan);
    for (const { id, figures } of models) {
      const own = <T extends { readonly model: string }>(rows: readonly T[]) =>
        rows.filter(({ model }) => model === id);
      for (const rows of [own(results.overRefusal), own(results.utility), figures.unasked])
        expect(rows.map(({ defense }) => defense)).toEqual(behind);
      expect(figures.falseAlarms.searched).toBeGreaterThan(3_000);
      expect(figures.falseAlarms.found).toBe(0);
      expect(figures.failed).toBe(0);
    }
  });

  test('stand in the tables of their page, which says what they show and what they do not', () => {
    const page = docs('secrets.md');
    const flat = (text: string) => text.replace(/[\s-]+/g, ' ');
    expect(flat(page)).toBe(flat(withTables(page, secretTables(results, models))));
    expect(page).toMatch(/^## What this shows$/m);
    expect(page).toMatch(/^## What it does not show$/m);
    expect(docs('secrets.html')).toContain(`<title>${plan.name} · Glovebox report</title>`);
  });
});

describe("the published results of the paper's matrix", () => {
  const docs = (name: string) => readFileSync(new URL(`../docs/results/${name}`, import.meta.url), 'utf8');
  const { run, figures } = JSON.parse(docs('paper-matrix.json')) as {
    run: Pick<PublishedResults, 'plan' | 'seed'>;
    figures: PaperFigures;
  };
  const plan = parsePlan(read('plans/paper-matrix.json'));

  test('are those of the plan that ships, whole', () => {
    expect([run.plan, run.seed]).toEqual([plan.name, plan.seed]);
    expect(figures.attacks.toSorted()).toEqual(plan.attacks.map(({ id }) => id).toSorted());
    expect(figures.defenses.toSorted()).toEqual(defenseNames(plan).toSorted());
    expect(figures.trials).toBe(expandPlan(plan, registries).total);
  });

  test('stand in the tables of their page, which says what they show', () => {
    const page = docs('paper-matrix.md');
    const flat = (text: string) => text.replace(/[\s-]+/g, ' ');
    expect(flat(page)).toBe(flat(withTables(page, paperTables(figures))));
    expect(page).toMatch(/^## What this shows$/m);
  });
});

test('what training methods did is told from the figures of the page, in sentences', () => {
  const figures = JSON.parse(
    readFileSync(new URL('../docs/results/hardening.json', import.meta.url), 'utf8'),
  ) as HardenedFigures[];
  const hardened = parseHardened(read('results/hardening.json'));
  expect(hardened).toEqual(hardenedRows(figures, 'tinytown-hard'));
  expect(hardened.rows.map(({ id }) => id)).toEqual(
    expect.arrayContaining(
      finetunings.all.filter(({ purpose }) => purpose === 'defense').map(({ id }) => id),
    ),
  );
  const [success, utility, relearned] = hardenedSentences(hardened, 'safe-unlearning');
  expect(success).toMatch(
    /on 15% of forbidden requests before it and on 5% after: −10 points \(−15 to −5\); p = 0\.0/,
  );
  expect(utility).toMatch(/solved: 91 of 100 before, 95 of 100 after/);
  expect(relearned).toMatch(/After 10 updates .* 13 of 30 .* 24\.$/);
  expect(hardenedSentences(hardened, 'none')).toEqual([]);
});
