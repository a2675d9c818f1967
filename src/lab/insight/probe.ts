/** @file Linear probes for what a model tells apart inside, layer by layer, whatever it says. */
import type { ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { distinct } from '../../core/groups.ts';
import { fitLogistic, logOdds } from '../../core/logistic.ts';
import { createRandom } from '../../core/random.ts';
import { auroc, type Area } from '../../core/statistics.ts';
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';
import type { ProbedLayer } from '../records/insight.ts';

export interface ProbedRequest {
  readonly messages: readonly ChatMessage[];
  /** True for the kind that the probe is to find. */
  readonly positive: boolean;
  /** Requests for the same task: no probe is tested on a task that it was fitted to. */
  readonly task: string;
}

export interface ProbeOptions extends Abortable {
  readonly seed: number;
  readonly folds?: number;
}

/** Strong enough that a few dozen requests do not fit a wide layer at will. */
const ridge = 0.01;

/**
 * Logistic regressions on the state of the last token before the answer, cross-validated by task.
 * @throws LabError 'bad-input' for fewer tasks of a kind than folds
 */
export async function probedLayers(
  model: Pick<WhiteBoxModel, 'hiddenStates' | 'tokenizer'>,
  requests: readonly ProbedRequest[],
  { seed, folds = 5, signal }: ProbeOptions,
): Promise<readonly ProbedLayer[]> {
  const random = createRandom(`${seed}/probe`);
  const foldOf = new Map<string, number>();
  for (const positive of [true, false]) {
    const tasks = distinct(requests.filter((one) => one.positive === positive).map(({ task }) => task));
    if (tasks.length < folds) throw tooFew(folds);
    random
      .fork(`${positive}`)
      .shuffle(tasks)
      .forEach((task, i) => foldOf.set(task, i % folds));
  }
  const points: Float32Array[][] = [];
  for (const { messages } of requests) {
    signal?.throwIfAborted();
    const prompt = model.tokenizer.prompt(messages, { atAnswer: true });
    const states = await model.hiddenStates(prompt, signal ? { signal } : {});
    points.push(states.map((state) => state.slice(state.length - state.length / prompt.length)));
  }
  const fold = requests.map(({ task }) => foldOf.get(task)!);
  const labels = requests.map(({ positive }) => positive);
  const shuffled = random.fork('labels').shuffle(labels);
  return points[0]!.map((_, boundary) => {
    const layer = points.map((states) => states[boundary]!);
    return {
      boundary,
      area: areaOf(layer, labels, fold, folds),
      shuffled: areaOf(layer, shuffled, fold, folds),
    };
  });
}

/** Of the scores of all points together, each by the probe that was fitted without its fold. */
function areaOf(
  points: readonly Float32Array[],
  labels: readonly boolean[],
  foldOf: readonly number[],
  folds: number,
): Area {
  const scores = new Array<number>(points.length);
  for (let fold = 0; fold < folds; fold++) {
    const training = points.flatMap((_, i) => (foldOf[i] === fold ? [] : [i]));
    const probe = fitLogistic(
      training.map((i) => points[i]!),
      training.map((i) => Number(labels[i])),
      { ridge },
    );
    points.forEach((point, i) => {
      if (foldOf[i] === fold) scores[i] = logOdds(probe, point);
    });
  }
  return auroc(
    scores.filter((_, i) => labels[i]),
    scores.filter((_, i) => !labels[i]),
  )!;
}

const tooFew = (folds: number): LabError =>
  new LabError('bad-input', `A probe in ${folds} parts needs ${folds} tasks of each kind.`, {
    advice: 'Give more tasks, or fewer parts.',
  });
