import { expect, test } from 'vitest';
import { parsePlan } from '../../../src/lab/plan.ts';
import { PlanDraft } from '../../../src/ui/state/plan-draft.svelte.ts';
import { choiceOf, complaint, obstacle } from '../../../src/ui/state/method-pick.ts';
import { integer, text } from '../../../src/core/options.ts';
import { catalogue } from '../fake-lab.ts';
import { plan } from '../plan.ts';

const draftOf = () => new PlanDraft(catalogue, plan);
const ids = (methods: readonly { readonly id: string }[]) => methods.map(({ id }) => id).sort();

test('an untouched draft is the plan it came from', () => {
  const again = parsePlan(draftOf().toPlan());
  expect(ids(again.attacks)).toEqual(ids(plan.attacks));
  expect(ids(again.evaluators)).toEqual(ids(plan.evaluators));
  expect(again.defenses).toEqual(plan.defenses);
  expect(again.models.targets).toEqual(plan.models.targets);
  expect(again.behaviors).toEqual(plan.behaviors);
});

test('a template pack is kept, taken and given back', () => {
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
  draft.toggle('defenses', 'safe-decoding');
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

test('numbers out of range and half numbers get a reason', () => {
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
