/** @file One attack at a time, as the studio watches it. Starting again supersedes the attack before. */
import { createContext } from 'svelte';
import type { Failure } from '../../core/errors.ts';
import { startStopwatch, type Stopwatch } from '../../core/stopwatch.ts';
import type { AttackReply } from '../../lab/records/reply.ts';
import type { AttackRequest } from '../../lab/plan/request.ts';
import type { AttackControls, LabClient } from '../../lab/worker/lab-client.ts';
import { parsePlan } from '../../lab/plan/plan.ts';
import type { TrialKey } from '../../lab/records/trial.ts';
import type { AttackStep } from '../types.ts';
import { distinct } from '../../core/groups.ts';
import { gathered, type OnFrame } from '../state/frames.ts';
import { planOf } from './studio-setup.svelte.ts';

/** `pausing`: it will stop at the end of its step. `paused`: it has stopped and can go on from there. */
export type StudioStatus = 'idle' | 'running' | 'pausing' | 'paused' | 'stopped' | 'done' | 'failed';

export interface StudioRunParts {
  readonly load: (model: string) => Promise<void>;
  readonly now: () => number;
  readonly onframe: OnFrame;
}

/** A trial that was stored, and where its page is. */
export interface SavedTrial {
  readonly run: string;
  readonly key: TrialKey;
}

export class StudioRun {
  status = $state<StudioStatus>('idle');
  /** Reassigned, never mutated: thousands of steps need no deep proxy. */
  steps = $state.raw<readonly AttackStep[]>([]);
  reply = $state.raw<AttackReply | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** Without the time that the attack was paused. */
  elapsedMs = $state(0);
  /** Index of the step in view; `null` follows the latest. */
  cursor = $state<number | null>(null);
  /** The request of this run. */
  request = $state.raw<AttackRequest | null>(null);
  saved = $state.raw<SavedTrial | null>(null);
  saveFailure = $state.raw<Failure | null>(null);
  /** Whether the same request led to the same prompt and answer as before; `null` the first time. */
  repeated = $state<boolean | null>(null);
  readonly held = $derived(this.status === 'pausing' || this.status === 'paused');
  readonly underway = $derived(this.status === 'running' || this.held);
  /** Index of the step in view. */
  readonly at = $derived(Math.min(this.cursor ?? Infinity, this.steps.length - 1));
  /** Steps up to the one in view: what the views draw. */
  readonly past = $derived(this.at === this.steps.length - 1 ? this.steps : this.steps.slice(0, this.at + 1));
  readonly best = $derived(bestStep(this.steps));
  #controller: AbortController | null = null;
  #controls: AttackControls | null = null;
  #watch: Stopwatch;
  /** The last outcome of each request. */
  readonly #outcomes: Record<string, string> = {};
  readonly #lab: Pick<LabClient, 'attack' | 'restore' | 'runId'>;
  readonly #parts: StudioRunParts;

  constructor(lab: Pick<LabClient, 'attack' | 'restore' | 'runId'>, parts: StudioRunParts) {
    [this.#lab, this.#parts, this.#watch] = [lab, parts, startStopwatch(parts.now)];
  }

  start = async (request: AttackRequest): Promise<void> => {
    this.#controller?.abort();
    const controller = (this.#controller = new AbortController());
    const isCurrent = () => this.#controller === controller;
    this.#clear(request);
    const watch = (this.#watch = startStopwatch(this.#parts.now));
    const steps = gathered<AttackStep>(this.#parts.onframe, (fresh) => {
      if (!isCurrent()) return;
      this.steps = [...this.steps, ...fresh];
      this.elapsedMs = watch.elapsedMs();
    });
    // Asked for at the same time, so that the attack waits for loads whose progress can be seen.
    for (const model of distinct([request.model, ...Object.values(request.roles)]))
      void this.#parts.load(model);
    const outcome = await this.#lab.attack(request, {
      signal: controller.signal,
      onStep: steps.add,
      onBegin: (controls) => void (isCurrent() && (this.#controls = controls)),
    });
    if (!isCurrent()) return;
    steps.flush();
    [this.#controller, this.#controls] = [null, null];
    this.elapsedMs = watch.elapsedMs();
    this.status = outcome.status === 'cancelled' ? 'stopped' : outcome.status;
    if (outcome.status === 'done') this.#take(request, outcome.value);
    else if (outcome.status === 'failed') this.failure = outcome;
  };

  /** The same attack from its seed. */
  rerun = async (): Promise<void> => {
    if (this.request) await this.start(this.request);
  };

  /** Pause the attack at the end of its current step. */
  pause = async (): Promise<void> => {
    const controls = this.#controls;
    if (this.status !== 'running' || controls === null) return;
    this.status = 'pausing';
    const hasPaused = await controls.pause();
    if (!hasPaused || this.#controls !== controls || this.status !== 'pausing') return;
    this.#watch.pause();
    [this.status, this.elapsedMs] = ['paused', this.#watch.elapsedMs()];
  };

  /** Go on from where it paused; the result is the same as without the pause. */
  resume = (): void => {
    if (!this.held) return;
    this.#watch.resume();
    this.status = 'running';
    this.#controls?.resume();
  };

  /** Takes effect at once; the steps and the best candidate stay. */
  stop = (): void => {
    this.#controller?.abort();
    [this.#controller, this.#controls] = [null, null];
    if (this.underway) this.status = 'stopped';
  };

  /** Show the step at `index`; the last one follows what is still to come. */
  show = (index: number): void => {
    const last = this.steps.length - 1;
    this.cursor = index >= last ? null : Math.max(0, index);
  };

  /** Store the attempt as a run of one trial, as if a plan had run it. */
  save = async (title: string): Promise<void> => {
    if (!this.request || !this.reply) return;
    const plan = parsePlan(planOf(this.request, title));
    const { record } = this.reply;
    const outcome = await this.#lab.restore(plan, [record]);
    if (this.reply.record !== record) return;
    if (outcome.status === 'failed') this.saveFailure = outcome;
    if (outcome.status !== 'done') return;
    const { model, behavior, attack, defense } = record;
    this.saved = { run: await this.#lab.runId(plan), key: { model, behavior, attack, defense } };
  };

  #take(request: AttackRequest, reply: AttackReply): void {
    this.reply = reply;
    const requestText = JSON.stringify(request);
    const outcomeText = JSON.stringify([reply.result.messages, reply.record.response]);
    const earlier = this.#outcomes[requestText];
    this.repeated = earlier === undefined ? null : earlier === outcomeText;
    this.#outcomes[requestText] = outcomeText;
  }

  #clear(request: AttackRequest): void {
    [this.status, this.request, this.steps] = ['running', request, []];
    [this.reply, this.failure, this.saved, this.saveFailure] = [null, null, null, null];
    [this.elapsedMs, this.cursor, this.repeated, this.#controls] = [0, null, null, null];
  }
}

/** The step to keep when the search is stopped: of lowest loss, else of highest score, else the latest candidate. */
export function bestStep(steps: readonly AttackStep[]): AttackStep | null {
  const candidates = steps.filter(({ candidate }) => candidate !== undefined);
  const score = ({ detail }: AttackStep) =>
    typeof detail?.['score'] === 'number' ? detail['score'] : -Infinity;
  return candidates.reduce<AttackStep | null>((best, step) => {
    if (best === null) return step;
    if (step.loss !== undefined || best.loss !== undefined)
      return (step.loss ?? Infinity) < (best.loss ?? Infinity) ? step : best;
    return score(step) >= score(best) ? step : best;
  }, null);
}

export const [getStudioRun, setStudioRun] = createContext<StudioRun>();
