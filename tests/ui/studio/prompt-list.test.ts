import { expect, test } from 'vitest';
import type { LabClient } from '../../../src/lab/worker/lab-client.ts';
import { PromptList } from '../../../src/ui/studio/prompt-list.svelte.ts';
import { createFakeLab } from '../fake-lab.ts';
import { newSetup } from './new-setup.ts';

function newList(lab: Pick<LabClient, 'mutate'> = createFakeLab()) {
  const files: { name: string; content: string }[] = [];
  return { list: new PromptList(lab, (name, _type, content) => void files.push({ name, content })), files };
}

const mutatingSetup = () => {
  const setup = newSetup();
  setup.pick('best-of-n');
  setup.seed = 3;
  return setup;
};

test('prompts are asked for with the options, texts and seed of the set-up', () => {
  const setup = mutatingSetup();
  const option = Object.entries(setup.card!.options).find(([, { type }]) => type === 'integer')!;
  setup.options = { [option[0]]: Number(option[1].default) + 1 };
  expect(setup.toMutateRequest()).toEqual({
    attack: { id: 'best-of-n', options: setup.options },
    seed: 3,
  });
});

test('an attack that needs a model, or a request outside a set, has no prompts to save', () => {
  const setup = newSetup();
  expect(setup.toMutateRequest()).toBeNull();
  setup.pick('best-of-n');
  expect(setup.toMutateRequest()).not.toBeNull();
  setup.isOwnRequest = true;
  expect(setup.toMutateRequest()).toBeNull();
});

test('prompts are saved as JSON Lines, one per harmful behavior of the set', async () => {
  const { list, files } = newList();
  await list.save(mutatingSetup().toMutateRequest()!, 'tinytown');
  expect(files.map(({ name }) => name)).toEqual(['best-of-n-tinytown-prompts.jsonl']);
  const lines = files[0]!.content.trimEnd().split('\n');
  const outcome = await createFakeLab().behaviors('tinytown');
  const behaviors = outcome.status === 'done' ? outcome.value : [];
  expect(lines).toHaveLength(behaviors.filter(({ kind }) => kind === 'harmful').length);
  expect(JSON.parse(lines[0]!)).toMatchObject({ attack: 'best-of-n', seed: 3 });
  expect([list.running, list.failure]).toEqual([false, null]);
});

test('a failure is kept to be shown until the next attempt, and saves nothing', async () => {
  const { list, files } = newList();
  await list.save({ ...mutatingSetup().toMutateRequest()!, attack: { id: 'gcg' } }, 'tinytown');
  expect(list.failure).toMatchObject({ code: 'not-supported' });
  expect(files).toEqual([]);
  await list.save(mutatingSetup().toMutateRequest()!, 'tinytown');
  expect([list.failure, files.length]).toEqual([null, 1]);
});
