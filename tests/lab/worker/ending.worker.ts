/**
 * A worker with the lab's lifeline that answers no chat, and ends itself without a word when it is told to. It speaks
 * Comlink's protocol by hand, because a package would keep it from starting while the development server prepares it.
 */
import { holdLifeline } from '../../../src/lab/worker/lifeline.ts';

const lifeline = holdLifeline(navigator.locks);
const answers: Readonly<Record<string, () => unknown>> = {
  lifeline: () => lifeline,
  device: async () => (await lifeline) && { kind: 'wasm', description: 'test', threads: 1 },
};
addEventListener('message', async ({ data }) => {
  if (data === 'end') close();
  else if (data === 'compute') for (const until = Date.now() + 3000; Date.now() < until;);
  else if (data.path?.[0] in answers)
    postMessage({ id: data.id, type: 'RAW', value: await answers[data.path[0]]!() });
});
