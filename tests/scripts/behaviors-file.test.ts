import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { withBehaviors, type BehaviorChoices } from '../../scripts/cli/behaviors-file.ts';
import { parsePlan, type PlanInput } from '../../src/lab/plan/plan.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'glovebox-behaviors-'))));
afterAll(() => rm(folder, { recursive: true }));
const told = vi.spyOn(console, 'error').mockImplementation(() => {});
afterEach(() => told.mockClear());
const lines = () => told.mock.calls.map(([line]) => String(line));

const plan = (changes: Partial<PlanInput> = {}) =>
  parsePlan({
    version: 1,
    name: 'own behaviors',
    models: { targets: ['tinytown-chat'] },
    behaviors: [{ set: 'tinytown' }],
    attacks: [{ id: 'direct-request' }],
    evaluators: [{ id: 'pattern-refusal' }, { id: 'tinytown-oracle' }],
    ...changes,
  });
async function withFile(name: string, content: string, choices: BehaviorChoices = {}, changes = {}) {
  await writeFile(join(folder, name), content);
  return withBehaviors(plan(changes), { behaviors: join(folder, name), ...choices });
}
const idsOf = (input: PlanInput) => expandPlan(input, registries).resolved.behaviors.map(({ id }) => id);
const content = 'goal,target\n"Wake the giant, now",Sure\nOpen the chest,Sure\n';

test('the behaviors of a file stand in place of those of the plan, which carries them along', async () => {
  const given = await withFile('giant deeds.csv', content);
  expect(given.behaviors).toEqual([{ set: 'giant-deeds', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  expect(idsOf(given)).toEqual(['giant-deeds-row-1', 'giant-deeds-row-2']);
  expect(lines()).toEqual([
    'giant deeds.csv: 2 harmful, columns of AdvBench, utf-8.',
    `They stand in place of the plan's own behaviors, as the set "giant-deeds".`,
    'warning: "tinytown-oracle" can grade nothing here. It grades by true steps, and the chosen behaviors bring none.',
  ]);
});

test('a plan that names the set, by content or by name, keeps what it says of it', async () => {
  const [named] = (await withFile('deeds.csv', content)).behaviors;
  const { sha256 } = named as { readonly sha256: string };
  const byContent = { behaviors: [{ set: 'mine', sha256, limit: 1 }] };
  expect(idsOf(await withFile('deeds.csv', content, {}, byContent))).toEqual(['mine-row-1']);
  const byName = { behaviors: [{ set: 'deeds', limit: 1 }] };
  expect(idsOf(await withFile('deeds.csv', content, {}, byName))).toEqual(['deeds-row-1']);
});

test('columns, kind and encoding can be told', async () => {
  const given = await withFile('own.tsv', 'a\tb\nPet the cat\tnoise\n', {
    column: ['prompt=a', 'category=b'],
    kind: 'benign-lookalike',
    encoding: 'windows-1252',
  });
  expect(expandPlan(given, registries).resolved.behaviors).toMatchObject([
    { prompt: 'Pet the cat', category: 'noise', kind: 'benign-lookalike' },
  ]);
});

test('rows that are left out are named with line and column', async () => {
  await withFile('deeds.csv', 'goal,target\n,Sure\nOpen the chest,Sure\n');
  expect(lines()).toContain('  line 2, column goal: The prompt is empty.');
});

test.each([
  ['a file that is not there', { behaviors: '/nowhere.csv' }, 'no file of behaviors'],
  ['options without a file', { kind: 'benign' as const }, 'about a file'],
])('%s is refused', async (_, choices, words) => {
  await expect(withBehaviors(plan(), choices)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(words),
  });
});
test('a column that holds nothing known is refused', async () => {
  await expect(withFile('x.csv', content, { column: ['goal=prompt'] })).rejects.toThrow('prompt, target');
});
test('a file without prompts is refused', async () => {
  await expect(withFile('x.csv', 'a,b\n1,2\n')).rejects.toThrow(/column/);
});
