import { expect, test, vi } from 'vitest';
import type { ChatRequest } from '../../../src/lab/plan/request.ts';
import type { LabClient } from '../../../src/lab/worker/lab-client.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { Playground } from '../../../src/ui/playground/playground.svelte.ts';
import { catalogue, createFakeLab } from '../fake-lab.ts';

const behavior = registries.sets.get('tinytown').behaviors[0]!;

function setUp() {
  const fake = createFakeLab();
  const chat = vi.fn<LabClient['chat']>(fake.chat);
  const load = vi.fn(async (_model: string) => {});
  const playground = new Playground({ chat }, { catalogue }, { load, ontoken: () => {} });
  playground.model = 'tinytown-chat';
  const requests = (): readonly ChatRequest[] => chat.mock.calls.map(([request]) => request);
  const loads = (): readonly string[] => load.mock.calls.map(([model]) => model);
  return { playground, requests, loads };
}

test('both columns get the same request except for the defenses', async () => {
  const { playground, requests } = setUp();
  playground.take(behavior);
  playground.stack.add('self-reminder');
  await playground.send();
  const [open, defended] = requests();
  expect(open!.defenses).toEqual([]);
  expect(defended).toEqual({ ...open, defenses: [{ id: 'self-reminder' }] });
  expect(open!.behavior).toEqual(behavior);
});

test('without an active defense only the undefended column is asked', async () => {
  const { playground, requests } = setUp();
  playground.edit('hello');
  playground.stack.add('self-reminder');
  playground.stack.change(0, { on: false });
  await playground.send();
  expect(requests()).toHaveLength(1);
});

test('models of roles are loaded visibly when an active defense first needs them', async () => {
  const { playground, requests, loads } = setUp();
  playground.edit('hello');
  playground.stack.add('safe-decoding');
  playground.stack.change(0, { on: false });
  await playground.send();
  expect(loads()).toEqual(['tinytown-chat']);
  playground.stack.change(0, { on: true });
  await playground.send();
  expect(loads()).toEqual(['tinytown-chat', 'tinytown-chat', 'tinytown-expert']);
  expect(requests().at(-1)!.roles).toMatchObject({ expert: 'tinytown-expert' });
});

test('editing a sample clears its behavior', () => {
  const { playground } = setUp();
  playground.take(behavior);
  playground.edit(`${behavior.prompt}!`);
  expect(playground.behavior).toBeNull();
});

test('a second prompt continues the conversation of its own column', async () => {
  const { playground, requests } = setUp();
  playground.edit('first');
  await playground.send();
  playground.edit('second');
  await playground.send();
  expect(requests()[1]!.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  expect(requests()[1]!.messages.at(-1)!.content).toBe('second');
});

test('moving a defense swaps neighbors, and past either end does nothing', () => {
  const { playground } = setUp();
  for (const id of ['self-reminder', 'perplexity-filter', 'safe-decoding']) playground.stack.add(id);
  const order = () => playground.stack.chips.map(({ id }) => id);
  playground.stack.move(2, -1);
  expect(order()).toEqual(['self-reminder', 'safe-decoding', 'perplexity-filter']);
  playground.stack.move(0, -1);
  playground.stack.move(2, 1);
  expect(order()).toEqual(['self-reminder', 'safe-decoding', 'perplexity-filter']);
});

test('stopping keeps the text so far and ignores what comes after', async () => {
  let say: (text: string) => void = () => {};
  const chat: LabClient['chat'] = (_request, { onToken } = {}) => {
    say = (text) => onToken?.({ id: 0, text, logProb: 0, top: [] }, text);
    return new Promise(() => {});
  };
  const playground = new Playground({ chat }, { catalogue });
  playground.edit('hello');
  void playground.send();
  say('so far');
  playground.stop();
  say('so far and more');
  const turn = playground.open.turns[0]!;
  expect([turn.status, turn.text]).toEqual(['stopped', 'so far']);
  expect(playground.running).toBe(false);
});

test('a link carries the set-up to another visit', () => {
  const here = setUp().playground;
  here.take(behavior);
  here.attack = 'assistant-prefix';
  here.stack.add('safe-decoding');
  here.stack.change(0, { on: false, options: { alpha: 2 } });
  const there = setUp().playground;
  there.fromSetup(here.toSetup());
  expect(there.toSetup()).toBe(here.toSetup().replace(`"behavior":${JSON.stringify(behavior.id)},`, ''));
});

test.each([
  '',
  '[]',
  '{"stack":5}',
  '{"model":"evil","attack":{},"stack":[{"id":"no-such"},null,7]}',
  '{"prompt":1}',
])('a broken link changes nothing: %s', (setup) => {
  const { playground } = setUp();
  const before = playground.toSetup();
  playground.fromSetup(setup);
  expect(playground.toSetup()).toBe(before);
});
