import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { mean } from '../core/statistics.ts';
import { norm } from '../core/vectors.ts';
import type { Training, TrainingRow } from '../models/language-model.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { epochDraw, examplesOf, noRows } from './parts/draws.ts';
import { answerLogProbs, crossEntropy, meanRows, rowOf, weightedBatch } from './parts/rows.ts';
import { boundaryAt, layersOf, statesBefore } from './parts/states.ts';

/** A harmful request with an answer of each kind; both rows begin with the same prompt. */
interface Contested {
  readonly safe: TrainingRow;
  readonly harmful: TrainingRow;
}

/** Trains to decline while the states of the request are perturbed toward the harmful answer. */
export const latentAdversarial = defineFinetuning({
  id: 'latent-adversarial',
  title: 'Latent adversarial training',
  paper: arxiv(
    '2407.15549',
    'Latent Adversarial Training Improves Robustness to Persistent Harmful Behaviors in LLMs',
  ),
  summary: 'Trains refusals that hold while an adversary moves the states of the request toward harm.',
  differs:
    'The adversary moves the states at one layer, by at most a multiple of their mean length; the paper moves several. The harmful ' +
    'answer is not pushed away by a term of its own: the refusal takes its place.',
  ...trainingDefense,
  reads: ['benign', 'safe', 'harmful'],
  recipe: { learningRate: 3e-4, steps: 60, warmupSteps: 5 },
  options: {
    depth: number({ description: 'The layer, as a share of the depth.', default: 0.5, min: 0, max: 1 }),
    radius: number({
      description: 'How far a state may be moved, in mean lengths of a state.',
      default: 0.3,
      min: 0,
      max: 10,
    }),
    ascents: integer({ description: 'Steps of the adversary.', default: 8, min: 0, max: 100, unit: 'steps' }),
    batchSize: integer({
      description: 'Requests per update.',
      default: 4,
      min: 1,
      max: 128,
      unit: 'requests',
    }),
    benignRows: integer({
      description: 'Benign answers beside them.',
      default: 8,
      min: 0,
      max: 256,
      unit: 'rows',
    }),
  },
  async objective({ depth, radius, ascents, batchSize, benignRows }, { model, training, data, random }) {
    const benign = examplesOf(data, 'benign', model);
    const contested = data.requests.flatMap(({ prompt, safe, harmful }): Contested[] =>
      safe.flatMap((kind) =>
        harmful.map((bad) => ({ safe: rowOf(model, prompt, kind), harmful: rowOf(model, prompt, bad) })),
      ),
    );
    if (contested.length === 0) throw noRows(data.requests.length === 0 ? 'harmful' : 'safe');
    const boundary = boundaryAt(await layersOf(model, benign[0]!), depth);
    const sample = await statesBefore(model, benign.slice(0, 8), [boundary]);
    const reach = radius * mean(sample.map(({ values }) => norm(values)));
    const width = sample[0]!.values.length;
    return {
      async update(index) {
        const drawn = epochDraw(contested, random.fork('requests'), index, batchSize);
        const kept = epochDraw(benign, random.fork('benign'), index, benignRows);
        const moved = await adversary(training, drawn, { boundary, reach, ascents, width });
        const declining = weightedBatch(meanRows(drawn.map(({ safe }) => safe)));
        const shifts = new Map([[boundary, placed(moved, drawn, declining.shape[1], width)]]);
        const refusing = await training.evaluate({ ...declining, shifts });
        const helping = kept.length === 0 ? 0 : crossEntropy(kept, await answerLogProbs(training, kept));
        return {
          batches: [{ ...declining, shifts }, ...(kept.length === 0 ? [] : [weightedBatch(meanRows(kept))])],
          figures: { loss: refusing + helping, declining: refusing, helping },
        };
      },
    };
  },
});

/** By request, what is added to the states of its prompt, [prompt, d], after ascent toward the harmful answers. */
async function adversary(
  training: Training,
  drawn: readonly Contested[],
  to: { readonly boundary: number; readonly reach: number; readonly ascents: number; readonly width: number },
): Promise<readonly Float32Array[]> {
  const { boundary, reach, ascents, width } = to;
  const batch = weightedBatch(meanRows(drawn.map(({ harmful }) => harmful)));
  const [, length] = batch.shape;
  const moved = drawn.map(({ harmful: { from } }) => new Float32Array(from * width));
  const step = reach / Math.max(1, ascents / 3);
  for (let ascent = 0; ascent < ascents; ascent++) {
    const shifts = new Map([[boundary, placed(moved, drawn, length, width)]]);
    const gradient = (await training.shiftGradients({ ...batch, shifts })).get(boundary)!;
    moved.forEach((own, row) => {
      for (let at = 0; at < own.length; at += width) {
        const start = row * length * width + at;
        const slope = gradient.subarray(start, start + width);
        const size = norm(slope);
        if (!(size > 0)) continue;
        const next = own.subarray(at, at + width).map((value, i) => value - (step * slope[i]!) / size);
        const shrink = Math.min(1, reach / norm(next));
        own.set(
          next.map((value) => value * shrink),
          at,
        );
      }
    });
  }
  return moved;
}

/** Shifts of prompts in a batch of rows of `length` tokens: [rows · length, d]. */
function placed(
  moved: readonly Float32Array[],
  drawn: readonly Contested[],
  length: number,
  width: number,
): Float32Array {
  const all = new Float32Array(drawn.length * length * width);
  moved.forEach((own, row) => all.set(own, row * length * width));
  return all;
}
