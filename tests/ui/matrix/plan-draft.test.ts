import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parsePlan, planSchema } from '../../../src/lab/plan/plan.ts';
import { PlanDraft } from '../../../src/ui/matrix/plan-draft.svelte.ts';
import { choiceOf, complaint, obstacle } from '../../../src/ui/state/method-pick.ts';
import { integer, text } from '../../../src/core/options.ts';
import { catalogue } from '../fake-lab.ts';
import { plan } from '../plan.ts';

const draftOf = () => new PlanDraft(catalogue, plan);

/** Something in every field of the schema, and nothing at its default. */
const everything = parsePlan({
  $schema: '../schemas/plan.json',
  version: 1,
  name: 'Everything',
  seed: 7,
  models: {
    targets: ['tinytown-chat', 'tinytown-base'],
    roles: { translator: 'tinytown-helper', judge: 'tinytown-base' },
  },
  behaviors: [
    {
      behaviors: [
        { id: 'own', prompt: 'Wake it.', target: 'Sure', category: 'c', set: 'own', kind: 'harmful' },
      ],
    },
    { set: 'tinytown', kinds: ['harmful', 'benign'], limit: 3 },
    { set: 'another', limit: 2, drawn: true },
  ],
  sets: [{ id: 'another', behaviors: [{ id: '1', prompt: 'Pet it.', kind: 'benign' }] }],
  attacks: [
    { id: 'pair', options: { streams: 2 } },
    { id: 'gcg', options: { steps: 4 } },
    { id: 'not-here-yet' },
  ],
  defenses: [
    { name: 'strict', stack: [{ id: 'perplexity-filter', options: { threshold: 20 } }] },
    { name: 'lenient', stack: [{ id: 'perplexity-filter', options: { threshold: 90 } }] },
    { stack: [{ id: 'gradient-cuff', artifact: { threshold: 2 } }, { id: 'self-reminder' }] },
    { stack: [{ id: 'self-reminder' }] },
  ],
  evaluators: [{ id: 'prefix-match' }, { id: 'tinytown-oracle' }],
  contrast: { harmful: ['a'], harmless: ['b'] },
  sampling: { temperature: 0.7, topP: 0.9, maxNewTokens: 40 },
  samples: 3,
  chatTemplate: { date: '2025-01-31', variables: { enable_thinking: false } },
  record: { topTokens: 2 },
  attackMode: 'both',
  texts: 'compact',
  templates: { version: 1, name: 'mine', templates: {} },
  replay: { 'tinytown-chat': 'tinytown-base', 'tinytown-base': 'tinytown-base' },
  concurrency: 3,
  attackBudget: { queries: 400 },
  attackDraws: 2,
  detectorGradients: true,
  margin: 0.1,
  confirm: 2,
  falsePositives: 0.1,
  runLimits: { minutes: 30, queries: 9000 },
  shard: { index: 1, count: 2 },
});
const folder = 'public/plans';
const shipped = readdirSync(folder).map((file) =>
  parsePlan(JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))),
);

const usualMode = parsePlan({ ...plan, name: 'Usual mode', attackMode: 'static' });

test.each([plan, everything, usualMode, ...shipped])(
  'an untouched draft of $name is the plan it came from',
  (given) => {
    const again = parsePlan(new PlanDraft(catalogue, given).toPlan());
    // As text, because a run is named by it.
    expect(JSON.stringify(again)).toBe(JSON.stringify(given));
  },
);

test('the plan that uses everything leaves nothing of the schema out', () => {
  expect(Object.keys(everything).sort()).toEqual(Object.keys(planSchema.shape).sort());
});

test('parts of a plan without a field stay when the rest is edited', () => {
  const draft = new PlanDraft(catalogue, everything);
  draft.behaviors.limits.harmful = 5;
  draft.maxNewTokens = 30;
  draft.toggle('attacks', 'not-here-yet');
  draft.setOptions('attacks', 'gcg', { steps: 9 });
  const again = parsePlan(draft.toPlan());
  expect(again.behaviors).toEqual([
    everything.behaviors[0],
    { set: 'tinytown', kinds: ['harmful'], limit: 5 },
    { set: 'tinytown', kinds: ['benign'], limit: 3 },
    everything.behaviors[2],
  ]);
  expect(again.sampling).toEqual({ temperature: 0.7, topP: 0.9, maxNewTokens: 30 });
  expect(again.attacks).toEqual([everything.attacks[0], { id: 'gcg', options: { steps: 9 } }]);
  for (const field of ['contrast', 'record', 'concurrency', 'replay', 'defenses', 'models'] as const)
    expect(again[field]).toEqual(everything[field]);
});

test('a set that is imported is named with its content, whatever the plan was made with', () => {
  const counts = { harmful: 3 };
  const set = { id: 'deeds', title: 'Deeds', summary: '', counts, brings: {}, sha256: 'a'.repeat(64) };
  const within = { ...catalogue, sets: [...catalogue.sets, set] };
  const old = { set: 'deeds', sha256: 'b'.repeat(64), limit: 2 };
  const draft = new PlanDraft(within, parsePlan({ ...plan, behaviors: [old] }));
  expect(draft.toPlan().behaviors).toEqual([{ ...old, sha256: set.sha256 }]);
  draft.behaviors.limits.harmful = 1;
  expect(draft.toPlan().behaviors).toEqual([
    { set: 'deeds', sha256: set.sha256, kinds: ['harmful'], limit: 1 },
  ]);
});

test('evaluators that can grade nothing of the chosen set are not offered, and do not do alone', () => {
  const set = { id: 'deeds', title: 'Deeds', summary: '', counts: { harmful: 3 }, brings: {} };
  const within = { ...catalogue, sets: [...catalogue.sets, set] };
  const chosen = { behaviors: [{ set: 'deeds' }], evaluators: [{ id: 'tinytown-oracle' }] };
  const draft = new PlanDraft(within, parsePlan({ ...plan, ...chosen }));
  expect(draft.gradingObstacle('tinytown-oracle')).toContain('true steps');
  expect(draft.obstacle).toContain('an evaluator that can grade');
  draft.toggle('evaluators', 'pattern-refusal');
  expect(draft.obstacle).toBeNull();
});

test('behaviors that the seed draws stay drawn when their number changes', () => {
  const drawn = parsePlan({ ...plan, behaviors: [{ set: 'tinytown', limit: 4, drawn: true }] });
  const draft = new PlanDraft(catalogue, drawn);
  expect(draft.fixedSettings).toContain('behaviors drawn by the seed');
  draft.behaviors.limits.harmful = 5;
  expect(parsePlan(draft.toPlan()).behaviors[0]).toEqual({
    set: 'tinytown',
    kinds: ['harmful'],
    limit: 5,
    drawn: true,
  });
});

test('the date and the variables of chat templates can be set, and are checked', () => {
  const draft = new PlanDraft(catalogue, everything);
  expect(draft.template.variables).toBe('enable_thinking=false');
  draft.template.variables = 'enable_thinking=true\n\nstyle="007"';
  draft.template.date = '';
  expect(parsePlan(draft.toPlan()).chatTemplate).toEqual({
    date: '2024-07-26',
    variables: { enable_thinking: true, style: '007' },
  });
  draft.template.variables = 'messages=1';
  expect(draft.template.problem).toMatch(/set by the lab/);
  expect(draftOf().template.problem).toBeNull();
});

test('sources without fields can be left out', () => {
  const draft = new PlanDraft(catalogue, everything);
  expect(draft.behaviors.harmful).toBe(4);
  for (const source of draft.behaviors.others) draft.behaviors.drop(source);
  expect(draft.toPlan().behaviors).toEqual([everything.behaviors[1]]);
});

test('a second model under attack limits what can be chosen to what both offer', () => {
  const draft = draftOf();
  expect(draft.access).toBe('white-box');
  draft.setTarget(1, 'someone/else');
  expect(draft.toPlan().models.targets).toEqual(['tinytown-chat', 'someone/else']);
  expect(draft.access).toBe('black-box');
  expect(draft.obstacle).toMatch(/Needs token probabilities/);
  draft.removeTarget(1);
  expect(draft.obstacle).toBeNull();
});

test('a template pack is kept, replaced and removed', () => {
  const pack = { version: 1 as const, name: 'mine', templates: {} };
  const draft = new PlanDraft(catalogue, parsePlan({ ...plan, templates: pack }));
  expect(draft.toPlan().templates).toEqual(pack);
  draft.templates = null;
  expect(draft.toPlan()).not.toHaveProperty('templates');
  draft.templates = { ...pack, name: 'other' };
  expect(parsePlan(draft.toPlan()).templates!.name).toBe('other');
});

test('toggling twice changes nothing', () => {
  const draft = draftOf();
  const before = JSON.stringify(draft.toPlan());
  draft.toggle('attacks', 'gcg');
  expect(JSON.stringify(draft.toPlan())).not.toBe(before);
  draft.toggle('attacks', 'gcg');
  expect(JSON.stringify(draft.toPlan())).toBe(before);
});

test('roles are filled as usual as soon as a chosen method needs them, and stand in the plan only then', () => {
  const draft = new PlanDraft(
    catalogue,
    parsePlan({ ...plan, models: { targets: ['tinytown-chat'] }, defenses: [] }),
  );
  expect(draft.neededRoles).toEqual([]);
  expect(draft.toPlan().models.roles).toEqual({});
  draft.columns.add('safe-decoding');
  expect(draft.neededRoles).toEqual(['expert']);
  expect(draft.toPlan().models.roles).toEqual({ expert: 'tinytown-expert' });
  draft.roles.expert = '';
  expect(draft.obstacle).toMatch(/role/);
  draft.roles.expert = 'tinytown-base';
  expect(draft.obstacle).toBeNull();
});

test('says what is missing before it can run', () => {
  const draft = draftOf();
  for (const id of ['direct-request', 'assistant-prefix']) draft.toggle('attacks', id);
  expect(draft.obstacle).toBe('Choose at least one attack.');
});

test('an option that does not fit is named by its method', () => {
  const draft = draftOf();
  draft.toggle('attacks', 'gcg');
  const gcg = catalogue.attacks.find(({ id }) => id === 'gcg')!;
  draft.options = { ...draft.options, gcg: { steps: -1 } };
  expect(draft.obstacle).toBe(`Check the options of ${gcg.title}.`);
});

test('a choice carries only what differs from the defaults', () => {
  const gcg = catalogue.attacks.find(({ id }) => id === 'gcg')!;
  const [name, option] = Object.entries(gcg.options).find(([, candidate]) => candidate.type === 'integer')!;
  expect(choiceOf(gcg, { [name]: option.default })).toEqual({ id: 'gcg' });
  expect(choiceOf(gcg, { [name]: 7777, unknown: 1 })).toEqual({ id: 'gcg', options: { [name]: 7777 } });
});

test('numbers out of range and fractions get a reason', () => {
  const steps = integer({ description: '', default: 5, min: 1, max: 10 });
  expect(complaint(steps, 5)).toBeNull();
  expect(complaint(steps, 11)).toBe('Between 1 and 10.');
  expect(complaint(steps, 1.5)).toBe('Enter a whole number.');
  expect(complaint(steps, NaN)).toBe('Enter a number.');
  expect(complaint(text({ description: '', default: '', maxLength: 3 }), 'long')).toMatch(/3/);
});

test('a method says what a model lacks for it', () => {
  const gcg = catalogue.attacks.find(({ id }) => id === 'gcg')!;
  expect(obstacle(gcg, 'white-box')).toBeNull();
  expect(obstacle(gcg, 'black-box')).toBe('Needs gradients; this model offers text only.');
});

test('keeps attacks in a row, with the options of each, and takes in new ones', () => {
  const attacks = [
    { attack: [{ id: 'persuasion', options: { techniques: 2 } }, { id: 'flip-attack' }] },
    { id: 'gcg', options: { steps: 4 } },
  ];
  const draft = new PlanDraft(catalogue, parsePlan({ ...plan, attacks }));
  expect(draft.chosenChains).toEqual(['persuasion+flip-attack']);
  expect(draft.unknown('attacks')).toEqual([]);
  draft.addChain(['pair', 'gcg']);
  const [first, , added] = parsePlan(draft.toPlan()).attacks;
  expect(first).toEqual({
    id: 'persuasion+flip-attack',
    options: {},
    attack: [
      { id: 'persuasion', options: { techniques: 2 } },
      { id: 'flip-attack', options: {} },
    ],
  });
  expect(added).toMatchObject({
    id: 'pair+gcg',
    attack: [{ id: 'pair' }, { id: 'gcg', options: { steps: 4 } }],
  });
  draft.toggle('attacks', 'persuasion+flip-attack');
  expect(parsePlan(draft.toPlan()).attacks.map(({ id }) => id)).toEqual(['gcg', 'pair+gcg']);
});

test('a changed plan is called by what it holds, until someone names it', () => {
  const draft = draftOf();
  expect(draft.name).toBe(plan.name);
  draft.seed = 99;
  expect(draft.toPlan().name).toBe(plan.name);
  draft.chosen.attacks = ['gcg'];
  const [title, model] = [
    catalogue.attacks.find(({ id }) => id === 'gcg')!.title,
    catalogue.models.find(({ id }) => id === plan.models.targets[0])!.title,
  ];
  expect(draft.toPlan().name).toBe(`${title} × ${plan.defenses.length} defenses on ${model}`);
  draft.name = 'Mine';
  draft.chosen.attacks = ['gcg', 'pair'];
  expect(draft.toPlan().name).toBe('Mine');
  draft.name = ' ';
  expect(draft.toPlan().name).toBe(`2 attacks × ${plan.defenses.length} defenses on ${model}`);
});
