import { expect, test, vi } from 'vitest';
import type { Outcome } from '../../../src/core/errors.ts';
import type { ChatReply } from '../../../src/lab/records/reply.ts';
import { plainRequest, requestOf } from '../../../src/lab/vault/level.ts';
import { levels } from '../../../src/lab/vault/levels.ts';
import type { LabClient } from '../../../src/lab/worker/lab-client.ts';
import { Progress } from '../../../src/ui/vault/progress.svelte.ts';
import { VaultGame } from '../../../src/ui/vault/vault-game.svelte.ts';
import { catalogue } from '../fake-lab.ts';

const level = levels[2]!; // behind the prompt guard

const replyOf = (share: number): Outcome<ChatReply> => ({
  status: 'done',
  value: {
    generation: {
      text: 'Sure.',
      finishReason: 'end',
      tokens: [],
      promptTokens: 1,
      completionTokens: 1,
      events: [{ defense: 'prompt-guard', action: 'passed', reason: '' }],
    },
    scores: {
      'tinytown-oracle': { value: share, label: share > 0 ? 'complied' : 'refused', explanation: '' },
    },
    attackResult: { messages: [], steps: 0 },
    usage: {},
    elapsedMs: 1,
  },
});

function memory(text: string | null = null) {
  const kept = { text };
  return { kept, getItem: () => kept.text, setItem: (_: string, value: string) => void (kept.text = value) };
}

function setUp(share = 0, store = memory()) {
  const chat = vi.fn<LabClient['chat']>(async () => replyOf(share));
  const load = vi.fn(async (_model: string) => {});
  const progress = new Progress(store);
  const labInfo = { catalogue, name: (id: string) => id };
  const game = new VaultGame(level, { lab: { chat }, labInfo, progress, load });
  return { game, chat, load, progress, store };
}

test('the first look asks plainly, and is no try', async () => {
  const { game, chat, progress } = setUp();
  await game.look();
  expect(chat.mock.calls[0]![0]).toEqual(requestOf(level, plainRequest(level), catalogue.roles));
  expect(game.latest).toMatchObject({ number: 0, status: 'done' });
  expect(progress.of(level.id)).toEqual({ attempts: 0 });
});

test('a try that opens it is kept, with the tries up to it, its words and what they beat', async () => {
  const { game, chat, progress, store } = setUp();
  await game.ask('first');
  chat.mockResolvedValue(replyOf(1));
  await game.ask('  second ');
  await game.ask('third');
  const { attempts, solved } = progress.of(level.id);
  expect(attempts).toBe(3);
  expect(solved).toMatchObject({ attempts: 2, prompt: 'second' });
  expect(solved!.because).toMatch(/prompt guard/);
  expect(new Progress(store).of(level.id)).toEqual({ attempts, solved });
  expect(game.tries.map(({ number }) => number)).toEqual([3, 2, 1]);
});

test('two of four steps open nothing', async () => {
  const { game, progress } = setUp(0.5);
  await game.ask('please');
  expect(game.latest!.verdict).toMatchObject({ opened: false, said: 2 });
  expect(progress.of(level.id).solved).toBeUndefined();
});

test('a try that was stopped or that failed does not count', async () => {
  const { game, chat, progress } = setUp();
  chat.mockResolvedValueOnce({ status: 'cancelled' });
  await game.ask('a');
  const failed = {
    status: 'failed',
    code: 'out-of-memory',
    message: 'Full.',
    advice: 'Close tabs.',
  } as const;
  chat.mockResolvedValueOnce(failed);
  await game.ask('b');
  expect(game.tries.map(({ status }) => status)).toEqual(['failed', 'stopped']);
  expect(game.latest!.failure).toEqual(failed);
  expect(progress.of(level.id).attempts).toBe(0);
});

test('blank words ask nothing, and neither do words while an answer is on its way', async () => {
  const { game, chat } = setUp();
  await game.ask('   ');
  const first = game.ask('one');
  await game.ask('two');
  await first;
  expect(chat).toHaveBeenCalledTimes(1);
});

test('the player does not wait for the first look', async () => {
  const { game, chat } = setUp();
  chat.mockImplementationOnce(
    (_request, { signal } = {}) =>
      new Promise((settle) => signal!.addEventListener('abort', () => settle({ status: 'cancelled' }))),
  );
  const look = game.look();
  expect([game.busy, game.running]).toEqual([true, false]);
  await game.ask('mine');
  await look;
  expect(game.tries.map(({ number, status }) => [number, status])).toEqual([
    [1, 'done'],
    [0, 'stopped'],
  ]);
});

test('the models of the defenses are loaded where it shows', async () => {
  const { game, load } = setUp();
  await game.ask('please');
  expect(load.mock.calls.flat()).toEqual(['tinytown-chat', 'tinytown-guard-prompt']);
});

test('starting over forgets everything, and what is kept in another shape is nothing', () => {
  const { progress, store } = setUp();
  progress.count(level.id);
  progress.reset();
  expect(new Progress(store).of(level.id)).toEqual({ attempts: 0 });
  for (const text of ['no json', '[1]', '{"level-3":{"attempts":"many"}}'])
    expect(new Progress(memory(text)).of(level.id)).toEqual({ attempts: 0 });
});
