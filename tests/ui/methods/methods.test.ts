import { expect, test } from 'vitest';
import { attacks } from '../../../src/attacks/index.ts';
import { integer } from '../../../src/core/options.ts';
import { LabError } from '../../../src/core/errors.ts';
import { methodGroups, stagesIn } from '../../../src/ui/methods/method-list.ts';
import {
  chosenOptions,
  furtherRoles,
  prosePieces,
  rangeOf,
  roleNeeds,
  valueText,
} from '../../../src/ui/state/method-words.ts';
import { Published } from '../../../src/ui/methods/published.svelte.ts';
import { everyMethod } from '../../../src/ui/links/routes.ts';
import { catalogue } from '../fake-lab.ts';

const ids = (filter: Partial<typeof everyMethod>) =>
  methodGroups(catalogue, { ...everyMethod, ...filter }).flatMap(({ cards }) => cards.map(({ id }) => id));

test('the list holds every method once', () => {
  const all = [...catalogue.attacks, ...catalogue.defenses, ...catalogue.evaluators].map(({ id }) => id);
  expect(ids({}).toSorted()).toEqual(all.toSorted());
});

test('words narrow the list to cards that contain all of them, in any case and order', () => {
  expect(ids({ text: 'gradient gcg' })).toContain('gcg');
  expect(ids({ text: 'Hypnotize STORY' })).toEqual(['deep-inception']);
  expect(ids({ text: '2404.02151' })).toContain('laa');
  expect(ids({ text: 'output-guard' })).toContain('output-guard');
  expect(ids({ text: 'no such words' })).toEqual([]);
});

test('access and stage narrow it too, and a stage leaves defenses only', () => {
  const whiteBox = ids({ access: 'white-box' });
  expect(whiteBox).toContain('gcg');
  expect(whiteBox).not.toContain('pair');
  const groups = methodGroups(catalogue, { ...everyMethod, stage: 'output' });
  expect(groups.map(({ kind }) => kind)).toEqual(['defense']);
  expect(stagesIn(catalogue)).toEqual(['input', 'decoding', 'output']);
});

test('roles that an option calls for say which value, and whether that is the default', () => {
  const card = { ...attacks.get('pair'), needs: ['attacker' as const] };
  expect(roleNeeds({ ...card, needsWhen: { streams: { '4': ['judge'] } } })).toEqual([
    { role: 'attacker', when: null },
    { role: 'judge', when: expect.stringMatching(/^when Streams is 4/) as string },
  ]);
  const options = { tries: integer({ description: 'Tries.', default: 4, min: 1, max: 9 }) };
  const needsWhen = { tries: { '3': ['judge' as const], '4': ['judge' as const] } };
  expect(roleNeeds({ ...card, needs: [], options, needsWhen })).toEqual([
    { role: 'judge', when: 'when Tries is 3 or 4, as it is unless changed' },
  ]);
  expect(furtherRoles({ ...card, needs: [], options, needsWhen })).toEqual([]);
  expect(furtherRoles({ ...card, needs: [], options, needsWhen: { tries: { '3': ['judge'] } } })).toEqual([
    'judge',
  ]);
});

test('a range, an empty value and code within prose can be read', () => {
  expect(rangeOf(integer({ description: 'Tries.', default: 4, min: 1, max: 9000, unit: 'tries' }))).toBe(
    '1 to 9,000 tries',
  );
  expect(valueText('')).toBe('(empty)');
  expect(prosePieces('unless `success` says so')).toEqual(['unless ', 'success', ' says so']);
});

test('options of a plan are listed for the kind asked for, and for stacks with a single defense only', () => {
  const plan = {
    attacks: [{ id: 'twin', options: { steps: 20, own: false } }],
    defenses: [
      { stack: [{ id: 'twin', options: { copies: 5 } }] },
      {
        stack: [
          { id: 'a', options: { b: 1 } },
          { id: 'c', options: {} },
        ],
      },
    ],
  };
  expect(chosenOptions(plan, 'attack', 'twin')).toBe('Steps 20 and Own false');
  expect(chosenOptions(plan, 'defense', 'twin')).toBe('Copies 5');
  expect(chosenOptions(plan, 'defense', 'a')).toBe('');
});

test('results that cannot be fetched show a failure, and can be asked for again', async () => {
  let reachable = false;
  const files: Readonly<Record<string, unknown>> = {
    'results/attacks.json': {
      plan: 'p',
      seed: 0,
      device: { kind: 'wasm', description: '', threads: 1 },
      elapsedMs: 0,
      cells: [],
      overRefusal: [],
      utility: [],
      speed: [],
      overhead: [],
    },
    'results/notes.json': { attacks: { gcg: 'It works.' }, searches: {}, defenses: {} },
    'plans/attacks.json': {
      version: 1,
      name: 'p',
      models: { targets: ['m'] },
      behaviors: [{ set: 's' }],
      attacks: [{ id: 'gcg' }],
      evaluators: [{ id: 'e' }],
    },
  };
  const published = new Published(async (path, parse) => {
    if (!reachable) throw new LabError('unreachable', `${path} could not be fetched.`, { advice: 'Reload.' });
    return parse(files[path]);
  });
  await published.want('attacks');
  expect(published.failure).toMatchObject({ code: 'unreachable', advice: 'Reload.' });
  expect(published.current.attacks).toBeUndefined();
  reachable = true;
  await published.want('attacks');
  expect(published.failure).toBeNull();
  expect(published.current.attacks?.notes).toEqual({ gcg: 'It works.' });
});
