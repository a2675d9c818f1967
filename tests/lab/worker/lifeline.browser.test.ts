import { afterEach, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { createLabClient } from '../../../src/lab/worker/client.ts';

const started: Worker[] = [];
afterEach(() => {
  for (const worker of started.splice(0)) worker.terminate();
});

function newClient() {
  return createLabClient({
    startWorker(name) {
      const worker = new Worker(new URL('./ending.worker.ts', import.meta.url), { type: 'module', name });
      started.push(worker);
      return worker;
    },
  });
}
/** A call that this worker never answers. */
const chat = {
  model: 'tinytown-chat',
  messages: [user('hello')],
  defenses: [],
  roles: {},
  sampling: { temperature: 0, topP: 1, maxNewTokens: 8 },
  seed: 0,
  topTokens: 0,
};

test('a worker that ends without a word ends the calls that wait for it, and is replaced', async () => {
  const client = newClient();
  await client.device();
  const pending = client.chat(chat);
  started[0]!.postMessage('end');
  expect(await pending).toMatchObject({ status: 'failed', code: 'worker-died' });
  await client.device();
  expect(started).toHaveLength(2);
});

test('a worker that computes and hears nothing is not taken for one that ended', async () => {
  const client = newClient();
  await client.device();
  started[0]!.postMessage('compute');
  await client.device();
  expect(started).toHaveLength(1);
});

test('a worker that the page ends itself is a cancellation', async () => {
  const client = newClient();
  await client.device();
  const pending = client.chat(chat);
  client.endWorker();
  expect(await pending).toEqual({ status: 'cancelled' });
});
