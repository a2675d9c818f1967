/** @file The settings of the next training, and what it would take. */
import type { Failure } from '../../core/errors.ts';
import { candidatesFor } from '../../lab/plan/find-models.ts';
import type { TrainingPlanInput } from '../../lab/plan/training-plan.ts';
import type {
  LabelMeaning,
  TrainingEstimate,
  TrainingFile,
  TrainingFileChoices,
} from '../../lab/records/training.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { bytes, count } from '../format.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';
import { isValid, withoutDefaults, type OptionInput } from '../state/method-pick.ts';
import { pageState } from '../state/page-state.svelte.ts';

/** Of updates between looks, and between checkpoints. */
const usualEvery = 20;
/** The lab is asked once the settings have not changed for so long, ms. */
const settledMs = 500;

type LabPart = Pick<LabClient, 'estimateTraining' | 'readTrainingData'>;

export class TrainingSetup {
  model = $state('');
  method = $state('');
  options = $state.raw<OptionInput>({});
  data = $state('tinytown');
  /** Data of one's own, in place of `data`. */
  own = $state.raw<(TrainingFile & { readonly title: string }) | null>(null);
  reading = $state(false);
  readFailure = $state.raw<Failure | null>(null);
  seed = $state(0);
  /** `null`: as the method recommends. */
  steps = $state<number | null>(null);
  learningRate = $state<number | null>(null);
  weights = $state<'all' | 'adapters'>('all');
  rank = $state(8);
  /** In one line; empty before the first, or why there is none. */
  estimate = $state('');
  #file: File | null = null;
  #choices: TrainingFileChoices = {};
  readonly #lab: LabPart;
  readonly #labInfo: Pick<LabInfo, 'catalogue' | 'models'>;

  constructor(lab: LabPart, labInfo: Pick<LabInfo, 'catalogue' | 'models'>) {
    [this.#lab, this.#labInfo] = [lab, labInfo];
  }

  readonly models = $derived.by(() =>
    candidatesFor('target', this.#labInfo.models).filter(({ access }) => access === 'white-box'),
  );
  readonly methods = $derived.by(() => this.#labInfo.catalogue?.finetunings ?? []);
  readonly card = $derived.by(() => this.methods.find(({ id }) => id === this.method) ?? null);
  /** Why the training cannot start, or `null` when it can. */
  readonly problem = $derived.by((): string | null => {
    if (!this.card || !this.models.some(({ id }) => id === this.model)) return 'Pick a model and a method.';
    if (!isValid(this.card.options, this.options)) return 'Correct the options that are marked.';
    if (this.steps !== null && !(Number.isInteger(this.steps) && this.steps >= 1))
      return 'Updates: enter a whole number.';
    if (this.learningRate !== null && !(this.learningRate > 0 && this.learningRate <= 1))
      return 'Learning rate: enter a number above 0, at most 1.';
    return this.weights === 'adapters' && this.card.setsWeights
      ? `${this.card.title} changes the weights themselves: train all weights.`
      : null;
  });

  /** Fill what was not chosen yet. */
  settle = (): void => {
    const usual = (list: readonly { readonly id: string }[], wanted: string) =>
      (list.find(({ id }) => id === wanted) ?? list[0])?.id ?? '';
    this.model ||= usual(this.models, 'tinytown-hard');
    this.method ||= usual(this.methods, 'safe-unlearning');
  };
  pick = (method: string): void => {
    [this.method, this.options, this.steps, this.learningRate] = [method, {}, null, null];
  };

  /** Take a file of training data; answers that the chosen model cannot read are left out. */
  read = async (file: File, choices: TrainingFileChoices = {}): Promise<void> => {
    [this.reading, this.readFailure] = [true, null];
    [this.#file, this.#choices] = [file, choices];
    const outcome = await this.#lab.readTrainingData(file, choices, { model: this.model });
    if (this.#file !== file || this.#choices !== choices) return;
    this.reading = false;
    if (outcome.status === 'done') this.own = { title: file.name, ...outcome.value };
    else if (outcome.status === 'failed') this.readFailure = outcome;
  };
  /** Say what a label of the file means. */
  label = async (value: string, meaning: LabelMeaning): Promise<void> => {
    const labels = { ...this.#choices.labels, [value]: meaning };
    if (this.#file) await this.read(this.#file, { ...this.#choices, labels });
  };
  /** Another model reads other answers of the file. */
  pickModel = async (model: string): Promise<void> => {
    this.model = model;
    if (this.#file) await this.read(this.#file, this.#choices);
  };
  dropOwn = (): void => {
    this.#file = null;
    [this.own, this.readFailure, this.reading] = [null, null, false];
  };

  /** The plan; `null` while something is missing. */
  toPlan = (): TrainingPlanInput | null => {
    const { card } = this;
    if (this.problem !== null || !card) return null;
    const every = Math.max(1, Math.min(usualEvery, Math.round((this.steps ?? card.recipe.steps) / 5)));
    return {
      ...{
        version: 1,
        seed: this.seed,
        model: this.model,
        data: this.own ? { title: this.own.title, ...this.own.data } : this.data,
      },
      method: { id: card.id, options: { ...withoutDefaults(card.options, this.options) } },
      ...(this.steps !== null && { steps: this.steps }),
      ...(this.learningRate !== null && { learningRate: this.learningRate }),
      ...(this.weights === 'adapters' && { adapters: { rank: this.rank } }),
      ...{ evaluateEvery: every, checkpointEvery: every },
    };
  };

  /** Ask what the training would take. @returns how to stop, for when the settings change */
  follow = (plan: TrainingPlanInput | null): (() => void) => {
    const stopping = new AbortController();
    const timer = setTimeout(async () => {
      if (!plan) return;
      const outcome = await this.#lab.estimateTraining(plan, { signal: stopping.signal });
      if (stopping.signal.aborted) return;
      if (outcome.status === 'done') this.estimate = estimateWords(outcome.value);
      else if (outcome.status === 'failed') this.estimate = outcome.message;
    }, settledMs);
    return () => {
      clearTimeout(timer);
      stopping.abort();
    };
  };
}

const estimateWords = ({ steps, trained, memoryBytes, checkpointBytes }: TrainingEstimate): string =>
  `${count(steps)} updates of ${count(trained)} numbers, about ${bytes(memoryBytes)} of memory, ` +
  `${bytes(checkpointBytes)} for each checkpoint`;

export const getTrainingSetup = pageState(({ lab, labInfo }) => new TrainingSetup(lab, labInfo));
