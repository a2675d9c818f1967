/** A worker with the lab's lifeline that answers no chat, and ends itself without a word when it is told to. */
import { expose } from 'comlink';
import { holdLifeline } from '../../../src/lab/worker/lifeline.ts';

const lifeline = holdLifeline(navigator.locks);
addEventListener('message', ({ data }) => {
  if (data === 'end') close();
  if (data === 'compute') for (const until = Date.now() + 3000; Date.now() < until; );
});
expose({
  lifeline: () => lifeline,
  device: async () => ({ kind: 'wasm', description: 'test', threads: 1 }),
  chat: () => new Promise(() => {}),
});
