/** @file One run of a plan as the pages see it: what is finished, what is running, how long it will take. */
import { createContext } from 'svelte';
import type { Failure } from '../../core/errors.ts';
import type { LoadProgress, RunEvent, Preparation } from '../../lab/records/events.ts';
import { withArtifact, type RunArtifact } from '../../lab/plan/artifacts.ts';
import { outlineOf, type PlanOutline } from '../../lab/plan/outline.ts';
import type { Plan } from '../../lab/plan/plan.ts';
import { limitReached } from '../../lab/plan/run-limits.ts';
import type { RunInfo } from '../../lab/records/run.ts';
import type { RunOverview } from '../../lab/records/overview.ts';
import type { TrialKey } from '../../lab/records/trial.ts';
import type { RunPart } from '../../lab/records/run-part.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { AttackStep } from '../types.ts';

export type RunStatus = 'idle' | 'running' | 'paused' | 'stopped' | 'done' | 'failed';

type LabPart = Pick<LabClient, 'run' | 'runId' | 'plan' | 'outline' | 'overview' | 'artifacts'>;

/** Starting again, or opening another run, supersedes the run before. */
export class RunSession {
  status = $state<RunStatus>('idle');
  id = $state.raw<string | null>(null);
  plan = $state.raw<PlanOutline | null>(null);
  /** Rates and costs of the trials so far; `null` before the first. Trials themselves stay in the store. */
  overview = $state.raw<RunOverview | null>(null);
  finished = $state(0);
  /** `null` until the runner has counted its trials. */
  total = $state<number | null>(null);
  /** About; `null` while the lab cannot tell. */
  timeLeftMs = $state<number | null>(null);
  /** How many compute the run. */
  workers = $state(1);
  trial = $state.raw<TrialKey | null>(null);
  step = $state.raw<AttackStep | null>(null);
  loading = $state.raw<LoadProgress | null>(null);
  preparing = $state.raw<Preparation | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** That the run ended at a limit of its plan, in words; `null` where it did not. */
  limit = $state.raw<string | null>(null);
  /** What defenses learned about the models. */
  artifacts = $state.raw<readonly RunArtifact[]>([]);
  /** The run was started and had all its trials already, so that nothing was computed. */
  foundDone = $state(false);
  /** A stored run is being read. */
  opening = $state(false);
  /** The part of the plan that was started last, until all of it is done; `undefined`: the whole. */
  part = $state.raw<RunPart | undefined>();
  /** Trials of the plan that are not finished; `null` while that is not known. */
  readonly left = $derived(this.total === null ? null : Math.max(0, this.total - this.finished));
  readonly underway = $derived(this.status === 'running' || this.status === 'paused');

  #controller: AbortController | null = null;
  /** What `plan` outlines, once it was needed. */
  #whole: Plan | null = null;
  /** Id of a run whose labels have changed since its rates were read. */
  #outdated: string | null = null;
  /** Whether a trial was finished since the start. */
  #computed = false;
  /** Models whose files were loaded during this run. */
  #fetched: readonly string[] = [];
  #settled: Promise<unknown> = Promise.resolve();
  readonly #lab: LabPart;
  readonly #onloaded: (models: readonly string[]) => void;

  /** @param onloaded told which models are in memory once the first trial starts */
  constructor(lab: LabPart, onloaded: (models: readonly string[]) => void = () => {}) {
    [this.#lab, this.#onloaded] = [lab, onloaded];
  }

  /**
   * Run a plan, or go on with it: trials that are stored already are shown and not run again.
   * @param part run no more than this of it
   */
  start = async (plan: Plan, part?: RunPart): Promise<void> => {
    this.#halt();
    const controller = (this.#controller = new AbortController());
    const isCurrent = () => this.#controller === controller;
    // A run that goes on keeps what it shows.
    if (plan !== this.#whole) this.#forget();
    [this.#whole, this.part] = [plan, part];
    this.#begin(outlineOf(plan), 'running');
    // The lab gives up the lock on a run only when the call before has ended.
    await this.#settled;
    const id = await this.#lab.runId(plan);
    const artifacts = await this.#lab.artifacts(id);
    if (!isCurrent()) return;
    this.id = id;
    if (artifacts.status === 'done') this.artifacts = artifacts.value;
    const onEvents = (events: readonly RunEvent[]) => void (isCurrent() && this.#take(events));
    const call = this.#lab.run(plan, { signal: controller.signal, onEvents, part });
    this.#settled = call;
    const outcome = await call;
    if (!isCurrent()) return;
    this.#controller = null;
    const isWhole = part === undefined && this.limit === null;
    this.foundDone = outcome.status === 'done' && isWhole && !this.#computed;
    // Only trials that are computed say how many there are.
    if (this.foundDone) this.total = this.finished;
    const isPart = outcome.status === 'done' && this.finished < (this.total ?? (part ? Infinity : 0));
    this.status =
      outcome.status === 'cancelled' || this.limit !== null || isPart ? 'stopped' : outcome.status;
    this.failure = outcome.status === 'failed' ? outcome : null;
    if (outcome.status === 'done' && this.limit === null) this.part = undefined;
    this.#quiet();
  };

  pause = (): void => this.#end('paused');
  stop = (): void => this.#end('stopped');
  /** Go on with what was started: with a part, until all of it is done. */
  resume = async (): Promise<void> => {
    const { part } = this;
    const plan = await this.wholePlan();
    if (plan) await this.start(plan, part);
  };
  /** Go on with every trial that is left, also where a part was started. */
  resumeWhole = async (): Promise<void> => {
    const plan = await this.wholePlan();
    if (plan) await this.start(plan);
  };

  /** The plan with all its behaviors; `null` without a run, or where it cannot be read, which `failure` then tells. */
  wholePlan = async (): Promise<Plan | null> => {
    if (this.#whole || this.id === null) return this.#whole;
    const { id } = this;
    const outcome = await this.#lab.plan(id);
    if (this.id !== id) return null;
    if (outcome.status === 'failed') this.failure = outcome;
    return (this.#whole = outcome.status === 'done' ? outcome.value : null);
  };

  /** Show a stored run without going on with it. */
  open = async (info: RunInfo): Promise<void> => {
    if (this.id === info.id) return;
    this.#halt();
    const finished = info.finished >= info.total && info.total > 0;
    this.#forget();
    this.#begin(null, finished ? 'done' : 'stopped');
    this.id = info.id;
    this.total = info.total;
    this.opening = true;
    this.finished = info.finished;
    const [plan, stored, artifacts] = await Promise.all([
      this.#lab.outline(info.id),
      this.#lab.overview(info.id),
      this.#lab.artifacts(info.id),
    ]);
    if (this.id !== info.id) return;
    this.opening = false;
    if (artifacts.status === 'done') this.artifacts = artifacts.value;
    if (plan.status === 'done') this.plan = plan.value;
    if (stored.status === 'done') this.#show(stored.value);
    for (const outcome of [plan, stored])
      if (outcome.status === 'failed') [this.status, this.failure] = ['failed', outcome];
  };

  /** Answers of the run were labelled: its rates are read again when they are looked at. */
  outdate = (id: string): void => void (this.#outdated = id);

  /** Read the rates again, if they are out of date. */
  refresh = async (): Promise<void> => {
    const id = this.#outdated;
    if (id === null || id !== this.id) return;
    this.#outdated = null;
    const stored = await this.#lab.overview(id);
    if (this.id === id && stored.status === 'done') this.#show(stored.value);
  };

  /** Show no run, as before the first. */
  clear = (): void => {
    this.#halt();
    this.#forget();
    [this.plan, this.failure] = [null, null];
    [this.artifacts, this.opening, this.limit] = [[], false, null];
    this.status = 'idle';
    this.#quiet();
  };

  #take(events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.type === 'trial')
        [this.#computed, this.finished, this.total] = [true, event.finished, event.total];
      else if (event.type === 'overview') this.#show(event.overview);
      else if (event.type === 'pace') [this.timeLeftMs, this.workers] = [event.leftMs, event.workers];
      else if (event.type === 'limit')
        this.limit = limitReached(this.plan?.runLimits ?? {}, event.limit, event.notAsked);
      else if (event.type === 'load') {
        this.loading = event.progress;
        const { model } = event.progress;
        if (!this.#fetched.includes(model)) this.#fetched = [...this.#fetched, model];
      } else if (event.type === 'prepare') [this.loading, this.preparing] = [null, event.preparation];
      else if (event.type === 'artifact') {
        const { type: _, ...one } = event;
        [this.preparing, this.artifacts] = [null, withArtifact(this.artifacts, one)];
      } else {
        if (!this.trial) this.#onloaded([event.key.model, ...this.#fetched]);
        [this.trial, this.loading, this.preparing] = [event.key, null, null];
        this.step = event.type === 'step' ? event.step : null;
      }
    }
  }

  #show(overview: RunOverview): void {
    this.overview = overview;
    this.finished = Math.max(this.finished, overview.finished);
  }

  /** Takes effect at once; whatever the lab still sends about this call is ignored. */
  #end(status: 'paused' | 'stopped'): void {
    if (!this.underway) return;
    this.#halt();
    this.status = status;
    this.#quiet();
  }

  #halt(): void {
    this.#controller?.abort();
    this.#controller = null;
  }

  #quiet(): void {
    [this.trial, this.step, this.loading, this.preparing] = [null, null, null, null];
    [this.timeLeftMs, this.workers] = [null, 1];
  }

  #forget(): void {
    [this.id, this.overview, this.finished, this.total] = [null, null, 0, null];
    [this.#whole, this.part] = [null, undefined];
  }

  #begin(plan: PlanOutline | null, status: RunStatus): void {
    [this.plan, this.status, this.failure, this.artifacts] = [plan, status, null, []];
    [this.#fetched, this.opening, this.limit] = [[], false, null];
    [this.#computed, this.foundDone] = [false, false];
    this.#quiet();
  }
}

export const [getRun, setRun] = createContext<RunSession>();
