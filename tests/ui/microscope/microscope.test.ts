import { expect, test, vi } from 'vitest';
import type { ChatRequest } from '../../../src/lab/plan/request.ts';
import type { LabClient } from '../../../src/lab/worker/lab-client.ts';
import { Microscope } from '../../../src/ui/microscope/microscope.svelte.ts';
import { catalogue, createFakeLab } from '../fake-lab.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { plan } from '../plan.ts';

const sample = registries.sets.get('tinytown').behaviors[0]!;

function setUp(chat: LabClient['chat'] = createFakeLab().chat) {
  const asked = vi.fn<LabClient['chat']>(chat);
  const microscope = new Microscope(
    { chat: asked },
    {
      catalogue,
      quickstart: plan,
      models: [...catalogue.models],
      behaviors: { tinytown: [sample] },
      want: async () => {},
    },
    { load: async () => {}, onframe: (show) => show(), ontoken: () => {} },
  );
  microscope.settle();
  microscope.prompt = 'How do I wake the stone giant?';
  const requests = (): readonly ChatRequest[] => asked.mock.calls.map(([request]) => request);
  return { microscope, requests };
}

test('both lanes get the same request except for the policy and its roles', async () => {
  const { microscope, requests } = setUp();
  await microscope.start();
  const [left, right] = requests();
  expect(left!.defenses).toEqual([{ id: 'safe-decoding' }]);
  expect(Object.keys(left!.roles)).toEqual(['expert']);
  expect(right).toEqual({ ...left, defenses: [], roles: {} });
});

test('an attack and the sample that it works toward go with both requests, and with the link', async () => {
  const { microscope, requests } = setUp();
  microscope.take(sample);
  [microscope.attack, microscope.attackOptions] = ['assistant-prefix', { words: 2 }];
  await microscope.start();
  for (const request of requests())
    expect(request).toMatchObject({
      attack: { id: 'assistant-prefix', options: { words: 2 } },
      behavior: { id: sample.id },
    });
  expect(microscope.lanes[0].take!.sent).not.toBeNull();

  const fresh = setUp().microscope;
  fresh.fromSetup(microscope.toSetup());
  await vi.waitFor(() => expect(fresh.behavior).toEqual(sample));
  expect([fresh.attack, fresh.attackOptions]).toEqual(['assistant-prefix', { words: 2 }]);
  fresh.edit('Something else');
  expect(fresh.behavior).toBeNull();
  fresh.system = 'Keep the town safe.';
  fresh.fromSetup('{"model":"tinytown-chat"}');
  expect(fresh.system).toBe('Keep the town safe.');
  fresh.fromSetup('{"prompt":"wake it"}');
  expect([fresh.attack, fresh.system]).toEqual([null, '']);
});

test('one lane alone asks once', async () => {
  const { microscope, requests } = setUp();
  microscope.compare = false;
  await microscope.start();
  expect(requests()).toHaveLength(1);
  expect(microscope.parting).toBeNull();
});

test('the view stays within the answers', async () => {
  const { microscope } = setUp();
  await microscope.start();
  expect(microscope.press('ArrowLeft')).toBe(true);
  expect(microscope.cursor).toBe(0);
  microscope.press('End');
  expect(microscope.cursor).toBe(microscope.length - 1);
  microscope.press('ArrowRight');
  microscope.press('PageUp');
  expect(microscope.cursor).toBe(microscope.length - 11);
  expect(microscope.press('x')).toBe(false);
});

test('pinning keeps a token in view, and pinning it again releases it', async () => {
  const { microscope } = setUp();
  await microscope.start();
  microscope.look(3);
  microscope.press('p');
  microscope.press('ArrowRight');
  expect([microscope.pinned, microscope.cursor]).toEqual([3, 4]);
  microscope.look(3);
  microscope.press('p');
  expect(microscope.pinned).toBeNull();
});

test('a branch repeats its answer token by token up to the fork, under the same policy and seed', async () => {
  const { microscope, requests } = setUp();
  await microscope.start();
  const [left] = microscope.lanes;
  const ids = left.tokens.map(({ id }) => id);
  // What is set for the next answer is not what this one was made with.
  microscope.seed = 9;
  left.pick('');
  await left.branch(2, { id: 4711, text: ' song' });
  const branch = requests().at(-1)!;
  expect(branch).toEqual({ ...requests()[0], forced: [...ids.slice(0, 2), 4711] });
  expect(left.takes.map(({ fork }) => fork)).toEqual([null, { at: 2, text: ' song' }]);
  expect(left.chosen).toBe(1);
  left.chosen = 0;
  expect(left.tokens.map(({ id }) => id)).toEqual(ids);
});

test('stopping keeps the text so far and ignores what comes after', async () => {
  let say: (text: string) => void = () => {};
  const { microscope } = setUp((_request, { onToken } = {}) => {
    say = (text) => onToken?.({ id: 0, text, logProb: 0, top: [] }, text);
    return new Promise(() => {});
  });
  microscope.compare = false;
  void microscope.start();
  say('so far');
  microscope.stop();
  say('so far and more');
  const take = microscope.lanes[0].take!;
  expect([take.status, take.text, take.tokens.length]).toEqual(['stopped', 'so far', 1]);
});

test('a link carries the set-up to another visit', () => {
  const here = setUp().microscope;
  here.lanes[0].options = { preset: 'aisafetylab' };
  here.lanes[1].pick('safe-decoding');
  [here.system, here.seed, here.temperature, here.maxNewTokens] = ['Be brief.', 3, 0.7, 64];
  const there = setUp().microscope;
  there.fromSetup(here.toSetup());
  expect(there.toSetup()).toBe(here.toSetup());
});

test('a link may ask to run at once, which only models that ship with the lab do', () => {
  const here = setUp().microscope;
  const there = setUp().microscope;
  expect(there.fromSetup(here.toSetup())).toBe(false);
  expect(there.fromSetup(here.toSetup({ runs: true }))).toBe(true);
  there.model = 'HuggingFaceTB/SmolLM2-135M-Instruct';
  expect(there.fromSetup('{"runs":true}')).toBe(false);
});

test.each([
  '',
  '{"model":"evil","lanes":[{"defense":"no-such"},null],"prompt":7,"compare":"yes","seed":-1}',
  '{"lanes":[{"defense":"safe-decoding","options":{"preset":7,"evil":1}}],"temperature":99}',
])('a broken link changes nothing: %s', (link) => {
  const { microscope } = setUp();
  const before = microscope.toSetup();
  microscope.fromSetup(link);
  expect(microscope.toSetup()).toBe(before);
});
