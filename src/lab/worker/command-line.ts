/**
 * @file The lab's interface for the command line, which drives the same page in a headless browser. It exists only on
 * pages opened with `?cli`; these start no service worker, because the command line serves them itself. Everything that
 * crosses is plain data.
 */
import type { Outcome } from '../../core/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { AttackRequest, ChatRequest } from '../plan/request.ts';
import type { AttackReply, ChatReply } from '../records/reply.ts';
import type { RunSummary } from '../records/summary.ts';
import type { TrialRecord } from '../records/trial.ts';
import type { LabClient } from './client.ts';

export interface CommandLineApi extends Pick<LabClient, 'device' | 'useDevice'> {
  /** Steps go to `gloveboxEvent` as they happen. */
  attack(request: AttackRequest): Promise<Outcome<AttackReply>>;
  chat(request: ChatRequest): Promise<Outcome<ChatReply>>;
  /** Trials for the next `restore` or `run`, one line of JSON each: in parts, because a message has a size limit. */
  addTrials(lines: string): void;
  /** Store the added trials. */
  restore(plan: Plan): Promise<Outcome<number>>;
  /**
   * Lists of events of types `trial` and `artifact` go to `gloveboxEvent` as they happen. The added trials are the
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
  let added: TrialRecord[] = [];
  const takeTrials = (): readonly TrialRecord[] => {
    const records = added;
    added = [];
    return records;
  };
  const report = (event: unknown) => globalThis.gloveboxEvent?.(event);
  globalThis.glovebox = {
    device: lab.device,
    useDevice: lab.useDevice,
    addTrials(lines) {
      for (const line of lines.split('\n')) if (line !== '') added.push(JSON.parse(line) as TrialRecord);
    },
    restore: (plan) => lab.restore(plan, takeTrials()),
    attack: (request) => lab.attack(request, { onStep: report, signal: stopping.signal }),
    chat: (request) => lab.chat(request),
    run: (plan) =>
      lab.run(plan, {
        sources: takeTrials(),
        signal: stopping.signal,
        onEvents(events) {
          const reported = events.filter(({ type }) => type === 'trial' || type === 'artifact');
          if (reported.length > 0) report(reported);
        },
      }),
    stop: () => stopping.abort(),
  };
}
