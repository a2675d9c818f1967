/** @file Linear probes for what a model tells apart inside, layer by layer, whatever it says. */
import { conversation } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import type { ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { distinct } from '../../core/groups.ts';
import { createRandom } from '../../core/random.ts';
import { auroc, mean, type Area } from '../../core/statistics.ts';
import { dot, meanOf, plus, type Vector } from '../../core/vectors.ts';
import { streamsOf } from '../../models/directions.ts';
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';
import type { ProbedLayer } from '../records/insight.ts';

export interface ProbedRequest {
  readonly messages: readonly ChatMessage[];
  /** True for the kind that the probe is to find. */
  readonly positive: boolean;
  /** Requests for the same task: no probe is tested on a task that it was fitted to. */
  readonly task: string;
}

/** Forbidden requests against what resembles them; against other harmless ones where nothing does. */
export function probedRequests(behaviors: readonly Behavior[]): readonly ProbedRequest[] {
  const others = behaviors.some(({ kind }) => kind === 'benign-lookalike') ? 'benign-lookalike' : 'benign';
  return behaviors
    .filter(({ kind }) => kind === 'harmful' || kind === others)
    .map((behavior) => ({
      messages: conversation(behavior),
      positive: behavior.kind === 'harmful',
      task: behavior.id,
    }));
}

export interface ProbeOptions extends Abortable {
  readonly seed: number;
  readonly folds?: number;
  /** Told after each request. */
  readonly onRead?: () => void;
}

/** Share of the mean squared length of the points by which large weights are penalized. */
const ridge = 0.1;

/**
 * Ridge regressions on the state of the last token before the answer, cross-validated by task.
 * @throws LabError 'bad-input' for fewer tasks of a kind than folds
 */
export async function probedLayers(
  model: Pick<WhiteBoxModel, 'hiddenStates' | 'tokenizer'>,
  requests: readonly ProbedRequest[],
  { seed, folds = 5, onRead, signal }: ProbeOptions,
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
    const [last] = await streamsOf(model, prompt, prompt.length - 1, signal ? { signal } : {});
    // Copies, so that the states of all other positions are given back.
    points.push(last!.map((state) => state.slice()));
    onRead?.();
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
    const probe = probeOf(
      training.map((i) => points[i]!),
      training.map((i) => (labels[i] ? 1 : -1)),
    );
    points.forEach((point, i) => {
      if (foldOf[i] === fold) scores[i] = probe(point);
    });
  }
  return auroc(
    scores.filter((_, i) => labels[i]),
    scores.filter((_, i) => !labels[i]),
  )!;
}

/** The score of a point, by the ridge regression that fits `targets` best, in its dual form. */
function probeOf(points: readonly Vector[], targets: readonly number[]): (point: Vector) => number {
  const center = meanOf(points);
  const centered = points.map((point) => plus(point, center, -1));
  const level = mean(targets);
  const penalty = ridge * mean(centered.map((point) => dot(point, point))) || 1;
  const products = centered.map((one) => Float64Array.from(centered, (other) => dot(one, other)));
  const weights = solved(
    (v) => Float64Array.from(products, (row, i) => dot(row, v) + penalty * v[i]!),
    Float64Array.from(targets, (target) => target - level),
  );
  const direction = centered.reduce(
    (sum, point, i) => plus(sum, point, weights[i]!),
    new Float64Array(center.length),
  );
  return (point) => level + dot(direction, plus(point, center, -1));
}

/** x with `multiply(x)` = b, for a symmetric, positive definite matrix: conjugate gradients. */
function solved(multiply: (v: Float64Array) => Float64Array, b: Float64Array): Float64Array {
  let x: Float64Array = new Float64Array(b.length);
  let [residual, direction]: [Float64Array, Float64Array] = [b, b];
  let size = dot(b, b);
  for (let step = 0; step < b.length && size > 1e-18 * b.length; step++) {
    const image = multiply(direction);
    const along = size / dot(direction, image);
    x = plus(x, direction, along);
    residual = plus(residual, image, -along);
    const next = dot(residual, residual);
    direction = plus(residual, direction, next / size);
    size = next;
  }
  return x;
}

const tooFew = (folds: number): LabError =>
  new LabError('bad-input', `A probe in ${folds} parts needs ${folds} tasks of each kind.`, {
    advice: 'Give more tasks, or fewer parts.',
  });
