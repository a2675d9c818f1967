import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { mean } from '../core/statistics.ts';
import { norm } from '../core/vectors.ts';
import type { Shifts, TrainingRow } from '../models/language-model.ts';
import { distinct } from '../core/groups.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { epochDraw, examplesOf } from './parts/draws.ts';
import {
  boundaryAt,
  distance,
  layersOf,
  likeness,
  meanOverStates,
  statesBefore,
  statesNow,
  unweighted,
} from './parts/states.ts';

/** Turns the hidden states of harmful answers away from what they were, until nothing can be said from there. */
export const circuitBreakers = defineFinetuning({
  id: 'circuit-breakers',
  title: 'Circuit breakers',
  paper: arxiv('2406.04313', 'Improving Alignment and Robustness with Circuit Breakers'),
  summary: 'Turns the states of harmful answers away from what they were, and keeps those of benign ones.',
  differs:
    'The layers are shares of the depth, those of the paper (10 and 20 of 32). Noise on the embeddings stands for the dropout ' +
    "of the paper's adapters: without either, states begin where they were, where their likeness is greatest and has no " +
    'slope. Refusals are among what is kept where the data has some, which the paper does to keep a model refusing. Harmful ' +
    'openings then end in text without sense, not in refusals: read the rate of success, not that of refusal.',
  ...trainingDefense,
  reads: ['harmful', 'benign'],
  recipe: { learningRate: 2e-3, steps: 150, warmupSteps: 5 },
  options: {
    alpha: number({ description: 'Weight of both terms.', default: 10, min: 0.01, max: 1000 }),
    first: number({ description: 'First layer, as a share of the depth.', default: 1 / 3, min: 0, max: 1 }),
    second: number({ description: 'Second layer, as a share of the depth.', default: 2 / 3, min: 0, max: 1 }),
    noise: number({
      description: 'Noise on the embeddings of harmful answers, in mean lengths of one.',
      default: 0.05,
      min: 0.0001,
      max: 1,
    }),
    batchSize: integer({
      description: 'Rows of each kind per update.',
      default: 8,
      min: 1,
      max: 256,
      unit: 'rows',
    }),
  },
  async objective({ alpha, first, second, noise, batchSize }, { model, training, data, random, steps }) {
    const harmful = examplesOf(data, 'harmful', model);
    const refused = data.requests.some(({ safe }) => safe.length > 0) ? examplesOf(data, 'safe', model) : [];
    const kept = [...examplesOf(data, 'benign', model), ...refused];
    const layers = await layersOf(model, kept[0]!);
    const boundaries = distinct([boundaryAt(layers, first), boundaryAt(layers, second)]);
    const sample = await statesBefore(model, kept.slice(0, 8), [0]);
    const width = sample[0]!.values.length;
    const spread = (noise * mean(sample.map(({ values }) => norm(values)))) / Math.sqrt(width);
    const noiseFor = (rows: readonly TrainingRow[], draws: Random): Shifts => {
      const count = unweighted(rows).ids.length * width;
      return new Map([[0, Float32Array.from({ length: count }, () => spread * draws.normal())]]);
    };
    return {
      async update(index) {
        const bad = epochDraw(harmful, random.fork('harmful'), index, batchSize);
        const good = epochDraw(kept, random.fork('kept'), index, batchSize);
        const progress = index / (2 * steps);
        const [toReroute, toKeep] = [alpha * (1 - progress), alpha * progress];
        const [badBefore, goodBefore] = [
          await statesBefore(model, bad, boundaries),
          await statesBefore(model, good, boundaries),
        ];
        const shifts = noiseFor(bad, random.fork(`noise ${index}`));
        const rerouted = meanOverStates(
          await statesNow(training, bad, boundaries, shifts),
          toReroute,
          ({ values }, i) => likeness(values, badBefore[i]!.values),
        );
        const retained = meanOverStates(
          await statesNow(training, good, boundaries),
          toKeep,
          ({ values }, i) => distance(values, goodBefore[i]!.values),
        );
        return {
          batches: [
            { ...unweighted(bad), hidden: rerouted.hidden, shifts },
            { ...unweighted(good), hidden: retained.hidden },
          ],
          figures: {
            loss: toReroute * rerouted.loss + toKeep * retained.loss,
            likeness: rerouted.loss,
            retain: retained.loss,
          },
        };
      },
    };
  },
});
