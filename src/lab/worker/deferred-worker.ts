/** @file A worker that starts once it may: until then its messages wait, and a refusal is its end. */
import type { WorkerLike } from './connection.ts';

/** @param allowed rejects if the worker must not start; the reason is its `error` event */
export function deferredWorker(allowed: Promise<void>, start: () => Worker): WorkerLike {
  const events = new EventTarget();
  const waiting: [message: unknown, transfer: Transferable[]][] = [];
  let worker: Worker | null = null;
  let terminated = false;

  const begin = () => {
    if (terminated) return;
    worker = start();
    worker.addEventListener('message', ({ data, ports }: MessageEvent<unknown>) =>
      events.dispatchEvent(new MessageEvent('message', { data, ports: [...ports] })),
    );
    worker.addEventListener('messageerror', () => events.dispatchEvent(new MessageEvent('messageerror')));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      fail(event.message);
    });
    for (const [message, transfer] of waiting.splice(0)) worker.postMessage(message, transfer);
  };
  const fail = (message: string) =>
    events.dispatchEvent(Object.assign(new Event('error', { cancelable: true }), { message }));
  void allowed.then(begin, (error: unknown) => fail(error instanceof Error ? error.message : String(error)));

  return {
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
    dispatchEvent: events.dispatchEvent.bind(events),
    postMessage(message, transfer) {
      if (worker) worker.postMessage(message, transfer);
      else waiting.push([message, transfer]);
    },
    terminate() {
      terminated = true;
      worker?.terminate();
    },
  };
}
