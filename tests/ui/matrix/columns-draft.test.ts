import { expect, test } from 'vitest';
import { promptGuard } from '../../../src/defenses/input/prompt-guard.ts';
import { ratedSpec } from '../../../src/lab/plan/false-positives.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { ColumnsDraft } from '../../../src/ui/matrix/columns-draft.svelte.ts';
import { withoutDefaults } from '../../../src/ui/state/method-pick.ts';
import { catalogue } from '../fake-lab.ts';
import { planInput } from '../plan.ts';

const draftOf = (...ids: readonly string[]) => {
  const draft = new ColumnsDraft(catalogue.defenses, { defenses: [] });
  ids.forEach(draft.add);
  return draft;
};

test('a column is named after its defenses, in order', () => {
  const draft = draftOf('self-reminder');
  draft.columns[0]!.stack.add('perplexity-filter');
  expect(draft.names).toEqual(['self-reminder+perplexity-filter']);
  draft.columns[0]!.stack.move(1, -1);
  expect(draft.toPlan()).toEqual([{ stack: [{ id: 'perplexity-filter' }, { id: 'self-reminder' }] }]);
});

test('a duplicate stands to the right, and is named by the option that differs', () => {
  const draft = draftOf('perplexity-filter', 'self-reminder');
  draft.duplicate(0);
  expect(draft.obstacle('white-box')).toMatch(/Two columns are called “perplexity-filter”/);
  draft.columns[1]!.stack.change(0, { options: { threshold: 60 } });
  expect(draft.names).toEqual(['perplexity-filter', 'Perplexity filter (threshold 60)', 'self-reminder']);
  expect(draft.obstacle('white-box')).toBeNull();
  const { defenses } = parsePlan({ ...planInput, defenses: draft.toPlan() });
  expect(defenses[0]).not.toHaveProperty('name');
  expect(defenses[1]).toMatchObject({ name: 'Perplexity filter (threshold 60)' });
  expect(draft.columns[0]!.stack.chips[0]!.options).toEqual({});
});

test('a name that the user gives takes precedence, and must not be that of the undefended model', () => {
  const draft = draftOf('self-reminder');
  draft.rename(0, 'mine');
  expect(draft.toPlan()).toEqual([{ name: 'mine', stack: [{ id: 'self-reminder' }] }]);
  draft.rename(0, 'none');
  expect(draft.obstacle('white-box')).toMatch(/called “none”/);
  draft.rename(0, '');
  expect(draft.toPlan()).toEqual([{ stack: [{ id: 'self-reminder' }] }]);
});

test('says why a stack cannot run: empty, out of reach, or two defenses that reach into the decoding', () => {
  const draft = draftOf('safe-decoding');
  expect(draft.obstacle('black-box')).toMatch(/SafeDecoding: Needs token probabilities/);
  const { stack } = draft.columns[0]!;
  stack.add('rose');
  expect(draft.obstacle('white-box')).toMatch(/SafeDecoding and ROSE both reach/);
  stack.remove(1);
  stack.add('smooth-llm');
  expect(draft.obstacle('white-box')).toBeNull();
  stack.move(0, 1);
  expect(draft.obstacle('white-box')).toMatch(/SafeDecoding has to stand before SmoothLLM/);
  stack.chips.forEach(() => stack.remove(0));
  expect(draft.obstacle('white-box')).toMatch(/holds no defense/);
});

test('what a defense learned before goes into the plan with it, and to a duplicate', () => {
  const draft = draftOf('gradient-cuff');
  draft.columns[0]!.stack.change(0, { loadedArtifact: { artifact: { threshold: 2 } } });
  expect(draft.toPlan()).toEqual([{ stack: [{ id: 'gradient-cuff', artifact: { threshold: 2 } }] }]);
  draft.duplicate(0);
  draft.columns[1]!.stack.change(0, { loadedArtifact: undefined });
  expect(draft.names).toEqual(['Gradient Cuff (learned before)', 'gradient-cuff']);
});

test('columns can be moved by one place and removed', () => {
  const draft = draftOf('self-reminder', 'rose');
  draft.move(1, -1);
  draft.move(0, -1);
  expect(draft.names).toEqual(['rose', 'self-reminder']);
  draft.remove(0);
  expect(draft.names).toEqual(['self-reminder']);
});

test('a threshold set by hand stays in a plan that calibrates, also where it is the usual one', () => {
  const draft = new ColumnsDraft(catalogue.defenses, { defenses: [], falsePositives: 0.1 });
  draft.add('prompt-guard');
  const { stack } = draft.columns[0]!;
  const spec = ratedSpec(promptGuard.options, stack.falsePositives);
  expect(spec['threshold']!.default).toBe(0);
  const set = (threshold: number) => stack.change(0, { options: withoutDefaults(spec, { threshold }) });
  set(0.5);
  expect(draft.toPlan()).toMatchObject([{ stack: [{ id: 'prompt-guard', options: { threshold: 0.5 } }] }]);
  set(0);
  expect(draft.toPlan()).toEqual([{ stack: [{ id: 'prompt-guard' }] }]);
});
