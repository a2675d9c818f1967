/**
 * @file The door for the command line, which drives the same page in a headless browser. It exists only on pages
 * opened with `?cli`; those also leave the service worker alone, because the command line serves them itself.
 * Everything that passes the door is plain data.
 */
import type { Outcome } from '../core/errors.ts';
import type { AttackReply, AttackRequest, ChatReply, ChatRequest } from './api.ts';
import type { LabClient } from './client.ts';
import type { Plan } from './plan.ts';
import type { RunSummary, TrialRecord } from './records.ts';

export interface Door extends Pick<LabClient, 'device' | 'useDevice' | 'restore'> {
  /** Steps go to `gloveboxEvent` as they happen. */
  attack(request: AttackRequest): Promise<Outcome<AttackReply>>;
  chat(request: ChatRequest): Promise<Outcome<ChatReply>>;
  /** Lists of events of types `trial` and `prepared` go to `gloveboxEvent` as they happen. */
  run(plan: Plan, sources?: readonly TrialRecord[]): Promise<Outcome<RunSummary>>;
  /** Finished trials, in the order of the plan. */
  trials(plan: Plan): Promise<Outcome<readonly TrialRecord[]>>;
  /** Stop the run in progress within one step. */
  stop(): void;
}

declare global {
  /** Set on headless pages only. */
  var glovebox: Door | undefined;
  /** Put in place by the command line before the page loads. */
  var gloveboxEvent: ((event: unknown) => void) | undefined;
}

export const headless = (): boolean => new URLSearchParams(location.search).has('cli');

export function exposeToCommandLine(lab: LabClient): void {
  const stopping = new AbortController();
  const tell = (event: unknown) => globalThis.gloveboxEvent?.(event);
  globalThis.glovebox = {
    device: lab.device,
    useDevice: lab.useDevice,
    restore: lab.restore,
    attack: (request) => lab.attack(request, { onStep: tell, signal: stopping.signal }),
    chat: (request) => lab.chat(request),
    run: (plan, sources = []) =>
      lab.run(plan, {
        sources,
        signal: stopping.signal,
        onEvents(events) {
          const kept = events.filter(({ type }) => type === 'trial' || type === 'prepared');
          if (kept.length > 0) tell(kept);
        },
      }),
    trials: async (plan) => lab.trials(await lab.runId(plan)),
    stop: () => stopping.abort(),
  };
}
