import { expect, test, vi } from 'vitest';
import type { ChatRequest } from '../../../src/lab/plan/request.ts';
import type { LabClient } from '../../../src/lab/worker/lab-client.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { keptTurns } from '../../../src/ui/playground/kept-turns.ts';
import { Playground } from '../../../src/ui/playground/playground.svelte.ts';
import { catalogue, createFakeLab } from '../fake-lab.ts';

const behavior = registries.sets.get('tinytown').behaviors[0]!;

const labInfo = {
  catalogue,
  models: catalogue.models,
  behaviors: { tinytown: registries.sets.get('tinytown').behaviors },
  want: async () => {},
};

function setUp() {
  const fake = createFakeLab();
  const chat = vi.fn<LabClient['chat']>(fake.chat);
  const load = vi.fn(async (_model: string) => {});
  const playground = new Playground({ chat }, labInfo, { load, ontoken: () => {} });
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
  const playground = new Playground({ chat }, labInfo);
  playground.edit('hello');
  void playground.send();
  say('so far');
  playground.stop();
  say('so far and more');
  const turn = playground.open.turns[0]!;
  expect([turn.status, turn.text]).toEqual(['stopped', 'so far']);
  expect(playground.running).toBe(false);
});

test('a link carries the set-up to another visit, sample and sampling included', async () => {
  const here = setUp().playground;
  here.take(behavior);
  here.attack = 'assistant-prefix';
  here.stack.add('safe-decoding');
  here.stack.change(0, { on: false, options: { alpha: 2 } });
  [here.temperature, here.maxNewTokens] = [0.5, 40];
  const there = setUp();
  there.playground.fromSetup(here.toSetup());
  await vi.waitFor(() => expect(there.playground.behavior).toEqual(behavior));
  expect(there.playground.toSetup()).toBe(here.toSetup());
  const asked = setUp();
  asked.playground.fromSetup(here.toSetup());
  await vi.waitFor(() => expect(asked.playground.behavior).not.toBeNull());
  await Promise.all([here.send(), there.playground.send(), asked.playground.send()]);
  expect(asked.requests()).toEqual(there.requests());
  expect(there.requests()[0]).toMatchObject({ behavior, sampling: { temperature: 0.5, maxNewTokens: 40 } });
});

test('a link without attack and defenses asks plainly, whatever was chosen before', () => {
  const { playground } = setUp();
  playground.attack = 'gcg';
  playground.stack.add('self-reminder');
  playground.fromSetup(JSON.stringify({ model: 'tinytown-chat', prompt: 'How do I bake bread?' }));
  expect([playground.attack, playground.stack.chips]).toEqual([null, []]);
});

test('options of a link that no form could hold are left out, and so is a sample of no set', async () => {
  const { playground, requests, loads } = setUp();
  const hostile = { success: 'constructor', samples: 'many', toString: 1, ['__proto__']: 2 };
  playground.fromSetup(
    JSON.stringify({
      ...{ prompt: 'Hello', set: 'constructor', behavior: 'name' },
      ...{ attack: 'best-of-n', attackOptions: hostile },
      stack: [{ id: 'perplexity-filter', options: { reads: 'toString', threshold: 'high' } }],
    }),
  );
  expect([playground.attackOptions, playground.stack.chips[0]!.options]).toEqual([{}, {}]);
  await playground.send();
  expect(playground.behavior).toBeNull();
  expect(loads()).toEqual(['tinytown-chat']);
  expect(requests().at(-1)).toMatchObject({ defenses: [{ id: 'perplexity-filter' }] });
});

test('the page opens on an example, but on nothing that somebody chose', async () => {
  const { playground } = setUp();
  await playground.showExample();
  expect(playground.behavior?.kind).toBe('harmful');
  expect(playground.attack).toBe('assistant-prefix');
  expect(playground.stack.chips.map(({ id }) => id)).toEqual(['safe-decoding']);
  const other = setUp().playground;
  other.edit('How do I bake bread?');
  await other.showExample();
  expect([other.prompt, other.attack]).toEqual(['How do I bake bread?', null]);
});

test('a link to a model that is not here says so, and one to a model that was added asks it', () => {
  const { playground } = setUp();
  const link = JSON.stringify({ model: 'https://example.org/model' });
  playground.fromSetup(link);
  expect([playground.model, playground.missing]).toEqual(['tinytown-chat', 'https://example.org/model']);
  const [first] = catalogue.models;
  const added = { ...first!, id: 'https://example.org/model' };
  const other = new Playground(
    { chat: createFakeLab().chat },
    { ...labInfo, models: [...catalogue.models, added] },
  );
  other.fromSetup(link);
  expect([other.model, other.missing]).toEqual(['https://example.org/model', null]);
});

test('both columns have had as many turns, whenever a defense is added', async () => {
  const { playground, requests } = setUp();
  playground.edit('first');
  await playground.send();
  playground.stack.add('self-reminder');
  playground.edit('second');
  await playground.send();
  const [, open, defended] = requests();
  expect(defended!.messages).toEqual(open!.messages);
  expect(playground.defended.turns.map(({ isShared }) => isShared)).toEqual([true, false]);
});

test('the conversation is there again after a reload, until a new one is begun', async () => {
  const kept = new Map<string, string>();
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const visit = () => new Playground({ chat: createFakeLab().chat }, labInfo, undefined, keptTurns(store));
  const first = visit();
  first.model = 'tinytown-chat';
  first.take(behavior);
  first.stack.add('self-reminder');
  await first.send();
  const again = visit();
  const texts = ({ open, defended }: Playground) =>
    [open, defended].map(({ turns }) => turns.map(({ text }) => text));
  expect(texts(again)).toEqual(texts(first));
  expect(again.open.turns[0]!.reply).toEqual(first.open.turns[0]!.reply);
  again.clear();
  expect(texts(visit())).toEqual([[], []]);
  kept.set('glovebox:playground', '{"version":');
  expect(texts(visit())).toEqual([[], []]);
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
