import { describe, expect, test } from 'vitest';
import { outlineOf } from '../../../src/lab/plan/outline.ts';
import { parsePlan, type PlanInput } from '../../../src/lab/plan/plan.ts';
import { gradingObstacle } from '../../../src/lab/plan/set-card.ts';
import { catalogueOf, registries } from '../../../src/lab/trials/registries.ts';
import { withSets } from '../../../src/lab/trials/sets.ts';
import { expandPlan } from '../../../src/lab/trials/trials.ts';
import { importedSet } from '../../../src/data/import/imported-set.ts';
import type { SetRow } from '../../../src/data/import/set-row.ts';

const rows: readonly SetRow[] = [
  { id: '1', prompt: 'Wake the giant', category: 'noise', kind: 'harmful' },
  { id: '2', prompt: 'Open the chest', category: 'noise', kind: 'harmful' },
  { id: '3', prompt: 'Pet the cat', category: 'noise', kind: 'benign-lookalike' },
];
const planOf = (changes: Partial<PlanInput>): PlanInput => ({
  version: 1,
  name: 'own behaviors',
  models: { targets: ['tinytown-chat'] },
  behaviors: [{ set: 'deeds' }],
  attacks: [{ id: 'direct-request' }],
  evaluators: [{ id: 'pattern-refusal' }],
  ...changes,
});
const set = importedSet('deeds', 'Deeds', rows);
const here = withSets(registries, [set]);
const idsOf = (input: PlanInput, within = registries) =>
  expandPlan(input, within).resolved.behaviors.map(({ id }) => id);

describe('a plan that names an imported set', () => {
  test('takes kinds and limits from it as from any set', () => {
    const source = { set: 'deeds', sha256: set.sha256!, kinds: ['harmful' as const], limit: 1 };
    expect(idsOf(planOf({ behaviors: [source] }), here)).toEqual(['deeds-1']);
  });
  test('says what to do where the set is not here', () => {
    expect(() => idsOf(planOf({}))).toThrow('The behavior set "deeds" is not here.');
    try {
      idsOf(planOf({}));
    } catch (error) {
      expect((error as { advice: string }).advice).toContain('--behaviors');
    }
  });
  test('says so where the set here has other content', () => {
    const other = planOf({ behaviors: [{ set: 'deeds', sha256: '0'.repeat(64) }] });
    expect(() => idsOf(other, here)).toThrow(/not the plan's: it is [0-9a-f]{12}…, not 000000000000…/);
  });
});

describe('a plan that brings a set along', () => {
  const plan = planOf({ sets: [{ id: 'deeds', title: 'Deeds', behaviors: [...rows] }] });
  test('needs nothing else to run', () => {
    expect(idsOf(plan)).toEqual(['deeds-1', 'deeds-2', 'deeds-3']);
  });
  test('is held to the content that it says', () => {
    const matching = { ...plan, behaviors: [{ set: 'deeds', sha256: set.sha256! }] };
    expect(idsOf(matching)).toHaveLength(3);
    const changed = { ...matching, sets: [{ id: 'deeds', behaviors: rows.slice(1) as SetRow[] }] };
    expect(() => idsOf(changed)).toThrow("not the plan's");
  });
  test('is refused where ids are not unique', () => {
    const twice = planOf({ sets: [{ id: 'deeds', behaviors: [rows[0]!, rows[0]!] }] });
    expect(() => idsOf(twice)).toThrow('an id is not unique');
  });
  test('is shown with counts in place of texts', () => {
    const outline = outlineOf(parsePlan({ ...plan, behaviors: [{ set: 'deeds', limit: 1 }] }));
    expect(outline.behaviors).toEqual([{ counts: { harmful: 1, 'benign-lookalike': 1, benign: 0 } }]);
    expect(JSON.stringify(outline)).not.toContain('giant');
  });
});

describe('an evaluator', () => {
  const { evaluators, sets } = catalogueOf(here);
  const why = (id: string, sources: PlanInput['behaviors']) =>
    gradingObstacle(
      evaluators.find((card) => card.id === id)!,
      parsePlan(planOf({ behaviors: sources })).behaviors,
      sets,
    );
  test('that grades by what a set does not bring is not offered for it', () => {
    expect(why('tinytown-oracle', [{ set: 'deeds' }])).toMatch(/true steps/);
    expect(why('secret-leak', [{ set: 'deeds' }])).toMatch(/secrets/);
    expect(why('prefix-match', [{ set: 'deeds' }])).toMatch(/target strings/);
    expect(why('pattern-refusal', [{ set: 'deeds' }])).toBeNull();
  });
  test('is offered where one of the sources brings it, or is not known', () => {
    expect(why('tinytown-oracle', [{ set: 'deeds' }, { set: 'tinytown' }])).toBeNull();
    expect(why('tinytown-oracle', [{ set: 'elsewhere' }])).toBeNull();
  });
});
