/**
 * @file The door for the command line, which drives the same page in a headless browser. It exists only on pages
 * opened with `?cli`; those also leave the service worker alone, because the command line serves them itself.
 * Everything that passes the door is plain data.
 */
import type { Outcome } from '../../core/errors.ts';
import type { AttackReply, ChatReply } from '../records/reply.ts';
import type { AttackRequest, ChatRequest } from '../plan/request.ts';
import type { LabClient } from './client.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunSummary } from '../records/summary.ts';
import type { TrialRecord } from '../records/trial.ts';

export interface CommandLineApi extends Pick<LabClient, 'device' | 'useDevice'> {
  /** Steps go to `gloveboxEvent` as they happen. */
  attack(request: AttackRequest): Promise<Outcome<AttackReply>>;
  chat(request: ChatRequest): Promise<Outcome<ChatReply>>;
  /** Trials for the next `restore` or `run`, a line of JSON each: in parts, because one message holds only so much. */
  bring(lines: string): void;
  /** Put the trials that were brought in place. */
  restore(plan: Plan): Promise<Outcome<number>>;
  /**
   * Lists of events of types `trial` and `artifact` go to `gloveboxEvent` as they happen. What was brought is the
   * source of a plan with `replay`.
   */
  run(plan: Plan): Promise<Outcome<RunSummary>>;
  /** Stop the run in progress within one step. */
  stop(): void;
}

declare global {
  /** Set on headless pages only. */
  var glovebox: CommandLineApi | undefined;
  /** Put in place by the command line before the page loads. */
  var gloveboxEvent: ((event: unknown) => void) | undefined;
}

export const headless = (): boolean => new URLSearchParams(location.search).has('cli');

export function exposeToCommandLine(lab: LabClient): void {
  const stopping = new AbortController();
  let brought: TrialRecord[] = [];
  const taken = (): readonly TrialRecord[] => {
    const records = brought;
    brought = [];
    return records;
  };
  const tell = (event: unknown) => globalThis.gloveboxEvent?.(event);
  globalThis.glovebox = {
    device: lab.device,
    useDevice: lab.useDevice,
    bring(lines) {
      for (const line of lines.split('\n')) if (line !== '') brought.push(JSON.parse(line) as TrialRecord);
    },
    restore: (plan) => lab.restore(plan, taken()),
    attack: (request) => lab.attack(request, { onStep: tell, signal: stopping.signal }),
    chat: (request) => lab.chat(request),
    run: (plan) =>
      lab.run(plan, {
        sources: taken(),
        signal: stopping.signal,
        onEvents(events) {
          const kept = events.filter(({ type }) => type === 'trial' || type === 'artifact');
          if (kept.length > 0) tell(kept);
        },
      }),
    stop: () => stopping.abort(),
  };
}
