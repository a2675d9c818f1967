/** @file One training as the page watches it, and the list of those that this device keeps. */
import type { Failure } from '../../core/errors.ts';
import { distinct } from '../../core/groups.ts';
import type { TrainingPlanInput } from '../../lab/plan/training-plan.ts';
import type {
  EvaluationEvent,
  StepEvent,
  TrainingEvent,
  TrainingInfo,
  TrainingResult,
} from '../../lab/records/training.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { pageState } from '../state/page-state.svelte.ts';

type LabPart = Pick<
  LabClient,
  | 'train'
  | 'trainings'
  | 'trainingPlan'
  | 'trainingEvents'
  | 'exportTrained'
  | 'keepTrained'
  | 'removeTraining'
>;

export class TrainingSession {
  status = $state<'idle' | 'running' | 'stopped' | 'failed' | 'done'>('idle');
  info = $state.raw<TrainingInfo | null>(null);
  steps = $state.raw<readonly StepEvent[]>([]);
  looks = $state.raw<readonly EvaluationEvent[]>([]);
  notes = $state.raw<readonly string[]>([]);
  result = $state.raw<TrainingResult | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** Those that this device keeps, the latest first. */
  list = $state.raw<readonly TrainingInfo[]>([]);
  /** Id of the model that the result was put under. */
  keptAs = $state<string | null>(null);
  keeping = $state(false);
  readonly last = $derived(this.steps.at(-1) ?? null);
  readonly look = $derived(this.looks.at(-1) ?? null);
  #controller: AbortController | null = null;
  readonly #lab: LabPart;
  readonly #onstored: () => Promise<void>;

  /** @param onstored told when a model was added */
  constructor(lab: LabPart, onstored: () => Promise<void>) {
    [this.#lab, this.#onstored] = [lab, onstored];
  }

  refresh = async (): Promise<void> => {
    const outcome = await this.#lab.trainings();
    if (outcome.status === 'done')
      this.list = outcome.value.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  };

  /** Train, or go on: under the same settings it is the same training. @param at go on after so many updates */
  start = async (plan: TrainingPlanInput, at?: number): Promise<void> => {
    this.stop();
    const controller = (this.#controller = new AbortController());
    const isCurrent = () => this.#controller === controller;
    this.#forget();
    this.status = 'running';
    const outcome = await this.#lab.train(plan, {
      signal: controller.signal,
      ...(at !== undefined && { at }),
      onEvents: (events) => void (isCurrent() && this.#take(events)),
    });
    if (isCurrent()) {
      this.#controller = null;
      if (outcome.status === 'done') [this.status, this.result] = ['done', outcome.value];
      else if (outcome.status === 'failed') [this.status, this.failure] = ['failed', outcome];
      else this.status = 'stopped';
    }
    await this.refresh();
  };

  /** Takes effect at the end of the update; checkpoints stay. */
  stop = (): void => {
    if (!this.#controller) return;
    this.#controller.abort();
    this.#controller = null;
    this.status = 'stopped';
  };

  /** Show one that is kept. Not while one is running: that stays in view. */
  open = async (info: TrainingInfo): Promise<void> => {
    if (this.status === 'running') return;
    this.#forget();
    [this.info, this.result] = [info, info.result ?? null];
    this.keptAs = info.keptAs ?? null;
    this.status = info.state === 'running' ? 'stopped' : info.state;
    const outcome = await this.#lab.trainingEvents(info.id);
    if (this.info?.id !== info.id) return;
    if (outcome.status === 'done') this.#take(outcome.value);
    else if (outcome.status === 'failed') this.failure = outcome;
  };

  /** Go on with the one in view. @param at after so many updates; default: the last checkpoint */
  resume = async (at?: number): Promise<void> => {
    if (!this.info) return;
    const outcome = await this.#lab.trainingPlan(this.info.id);
    if (outcome.status === 'done') await this.start(outcome.value, at);
    else if (outcome.status === 'failed') this.failure = outcome;
  };

  /** Put the result among the models. */
  keep = async (title: string): Promise<void> => {
    if (!this.info) return;
    [this.keeping, this.failure] = [true, null];
    const outcome = await this.#lab.keepTrained(this.info.id, title);
    this.keeping = false;
    if (outcome.status === 'failed') this.failure = outcome;
    if (outcome.status !== 'done') return;
    // The links to the model wait until every page knows it.
    await this.#onstored();
    this.keptAs = outcome.value.model.id;
    await this.refresh();
  };

  /** The result as a zip file; `null` where it cannot be had, which `failure` then tells. */
  exported = async (): Promise<Blob | null> => {
    if (!this.info) return null;
    const outcome = await this.#lab.exportTrained(this.info.id);
    if (outcome.status === 'failed') this.failure = outcome;
    return outcome.status === 'done' ? outcome.value : null;
  };

  remove = async (id: string): Promise<void> => {
    if (this.info?.id === id) this.stop();
    const outcome = await this.#lab.removeTraining(id);
    if (outcome.status === 'failed') this.failure = outcome;
    else if (this.info?.id === id) {
      this.#forget();
      this.status = 'idle';
    }
    await this.refresh();
  };

  #take(events: readonly TrainingEvent[]): void {
    const of = <T extends TrainingEvent['type']>(type: T) =>
      events.filter((event): event is Extract<TrainingEvent, { type: T }> => event.type === type);
    this.info = of('begin').at(-1)?.info ?? this.info;
    this.steps = [...this.steps, ...of('step')];
    this.looks = [...this.looks, ...of('evaluation')];
    this.notes = [...this.notes, ...of('note').map(({ message }) => message)];
    if (!this.info) return;
    const checkpoints = [...this.info.checkpoints, ...of('checkpoint').map(({ step }) => step)];
    this.info = { ...this.info, checkpoints: distinct(checkpoints) };
  }

  #forget(): void {
    [this.info, this.result, this.failure, this.keptAs] = [null, null, null, null];
    [this.steps, this.looks, this.notes] = [[], [], []];
  }
}

export const getTrainingSession = pageState(({ lab, onstored }) => new TrainingSession(lab, onstored));
