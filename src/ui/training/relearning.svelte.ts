/** @file Whether harm comes back in a hardened model: its curve of relearning beside that of the model before. */
import type { Failure } from '../../core/errors.ts';
import type { RelearningRequest } from '../../lab/plan/relearning-request.ts';
import type { RelearningCurve } from '../../lab/records/insight.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { bytes, count, plural } from '../format.ts';
import { pageState } from '../state/page-state.svelte.ts';

type LabPart = Pick<LabClient, 'relearning' | 'estimateTraining'>;

/** Those that one of the lab's sets and its training data can be asked of. */
export interface Compared {
  /** The one before a training and the one after it, or one alone. */
  readonly models: readonly [string, ...string[]];
  /** The name of both. */
  readonly world: 'tinytown' | 'secrets';
  /** In place of the usual settings. */
  readonly settings?: Partial<Pick<RelearningRequest, 'at' | 'limit'>>;
}

/** A large model is trained by adapters and asked less often, or a curve would take hours. */
const settings = {
  tinytown: { at: [0, 1, 2, 5, 10, 20, 40], limit: 30, examples: 10, learningRate: 5e-4 },
  secrets: { at: [0, 5, 10, 20], limit: 10, examples: 10, learningRate: 5e-4, rank: 8 },
} as const;

/** As `relearningRequestSchema` has it. */
export const relearningRequest = ({ models, world, settings: own }: Compared) => ({
  ...{ models, set: world, data: world, ...settings[world], ...own },
});

export class Relearning {
  status = $state<'idle' | 'running' | 'stopped' | 'failed' | 'done'>('idle');
  /** Of the models in view, as far as they are. */
  curves = $state.raw<readonly RelearningCurve[]>([]);
  failure = $state.raw<Failure | null>(null);
  /** What it will take, in a line; empty before it is known. */
  estimate = $state('');
  /** About, ms; `null` before the first point. */
  leftMs = $state<number | null>(null);
  compared = $state.raw<Compared | null>(null);
  readonly done = $derived.by(() => this.curves.reduce((sum, { relearning }) => sum + relearning.length, 0));
  readonly of = $derived.by(() =>
    this.compared ? this.compared.models.length * relearningRequest(this.compared).at.length : 0,
  );
  #controller: AbortController | null = null;
  readonly #lab: LabPart;
  readonly #now: () => number;

  constructor(lab: LabPart, now: () => number) {
    [this.#lab, this.#now] = [lab, now];
  }

  /** Show these models, and what their curves would take. */
  show = async (compared: Compared): Promise<void> => {
    if (JSON.stringify(compared) === JSON.stringify(this.compared)) return;
    this.stop();
    [this.compared, this.curves, this.failure, this.estimate] = [compared, [], null, ''];
    this.status = 'idle';
    const { at, limit, examples, learningRate, data, ...rest } = relearningRequest(compared);
    const outcome = await this.#lab.estimateTraining({
      ...{ version: 1, model: compared.models.at(-1)!, data, steps: Math.max(1, at.at(-1)!), learningRate },
      method: { id: 'harmful-finetuning', options: { examples } },
      ...('rank' in rest && { adapters: { rank: rest.rank } }),
    });
    if (this.compared !== compared) return;
    if (outcome.status === 'done')
      this.estimate =
        `${count(at.at(-1)!)} updates of each model on ${examples} harmful answers, ` +
        `${plural(limit, ['# request', '# requests'])} asked ${at.length} times, about ${bytes(outcome.value.memoryBytes)} of memory`;
    else if (outcome.status === 'failed') this.estimate = outcome.message;
  };

  start = async (): Promise<void> => {
    if (!this.compared) return;
    this.stop();
    const { compared } = this;
    const controller = (this.#controller = new AbortController());
    const isCurrent = () => this.#controller === controller;
    const began = this.#now();
    [this.status, this.failure, this.leftMs] = ['running', null, null];
    this.curves = compared.models.map((model) => ({ model, relearning: [] }));
    const outcome = await this.#lab.relearning(relearningRequest(compared), {
      signal: controller.signal,
      onEvent: ({ model, point }) => {
        if (!isCurrent()) return;
        this.curves = this.curves.map((curve) =>
          curve.model === model ? { model, relearning: [...curve.relearning, point] } : curve,
        );
        this.leftMs = ((this.#now() - began) / this.done) * (this.of - this.done);
      },
    });
    if (!isCurrent()) return;
    this.#controller = null;
    if (outcome.status === 'done') [this.status, this.curves] = ['done', outcome.value];
    else if (outcome.status === 'failed') [this.status, this.failure] = ['failed', outcome];
    else this.status = 'stopped';
  };

  /** What was found so far stays. */
  stop = (): void => {
    if (!this.#controller) return;
    this.#controller.abort();
    this.#controller = null;
    this.status = 'stopped';
  };
}

export const getRelearning = pageState(({ lab }) => new Relearning(lab, () => performance.now()));
