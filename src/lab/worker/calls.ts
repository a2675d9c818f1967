/** @file Calls to a worker that is started when one is made, and again after it has ended. */
import type { Remote } from 'comlink';
import { failure, LabError, type Outcome } from '../../core/errors.ts';
import type { LabApi } from './api.ts';
import { listening, type Connection, type Listen } from './connection.ts';

export interface Calls {
  /** The outcome of a call, or of its worker if that ends first. */
  ask<T>(work: (lab: Remote<LabApi>) => Promise<Outcome<T>>): Promise<Outcome<T>>;
  /**
   * For calls that only fail with their worker.
   * @throws LabError, or an AbortError when the worker was ended
   */
  read<T>(work: (lab: Remote<LabApi>) => Promise<T>): Promise<T>;
  /** As `ask`, for a call that can be cancelled by its id. */
  stoppable<T>(
    callId: string,
    signal: AbortSignal | undefined,
    work: (lab: Remote<LabApi>, listen: Listen, at: Connection) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>>;
  /** Pending calls are cancelled; the next one starts a fresh worker. */
  endWorker(): void;
}

/** @param stopWithinMs how long a stopped call may take to reach its next step before its worker is ended */
export function createCalls(start: () => Connection, stopWithinMs: number): Calls {
  let connection: Connection | null = null;

  const connected = (): Connection => {
    if (connection) return connection;
    const fresh = start();
    void fresh.ended.then(() => {
      if (connection === fresh) connection = null;
    });
    return (connection = fresh);
  };

  const ask = <T>(
    work: (lab: Remote<LabApi>) => Promise<Outcome<T>>,
    at = connected(),
  ): Promise<Outcome<T>> => Promise.race([at.ended, work(at.lab).catch((error: unknown) => failure(error))]);

  return {
    ask: (work) => ask(work),
    async read<T>(work: (lab: Remote<LabApi>) => Promise<T>): Promise<T> {
      const outcome = await ask(async (lab) => ({ status: 'done', value: await work(lab) }));
      if (outcome.status === 'done') return outcome.value;
      if (outcome.status === 'cancelled') throw new DOMException('The worker was ended.', 'AbortError');
      throw new LabError(outcome.code === 'bug' ? 'worker-died' : outcome.code, outcome.message, outcome);
    },
    async stoppable(callId, signal, work) {
      if (signal?.aborted) return { status: 'cancelled' };
      const at = connected();
      const { listen, close } = listening();
      let deadline: ReturnType<typeof setTimeout> | undefined;
      const stop = () => {
        void at.lab.cancel(callId);
        deadline = setTimeout(() => at.end({ status: 'cancelled' }), stopWithinMs);
      };
      signal?.addEventListener('abort', stop, { once: true });
      try {
        return await ask((lab) => work(lab, listen, at), at);
      } finally {
        close();
        clearTimeout(deadline);
        signal?.removeEventListener('abort', stop);
      }
    },
    endWorker() {
      connection?.end({ status: 'cancelled' });
      connection = null; // a call that follows at once must not reach the worker that ended
    },
  };
}
