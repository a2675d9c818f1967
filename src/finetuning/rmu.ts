import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { mean } from '../core/statistics.ts';
import { norm } from '../core/vectors.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { epochDraw, examplesOf } from './parts/draws.ts';
import {
  boundaryAt,
  layersOf,
  meanOverStates,
  squaredDistance,
  statesBefore,
  statesNow,
  unweighted,
} from './parts/states.ts';

/** Moves the hidden states of harmful answers to one random direction, and keeps those of benign ones where they were. */
export const rmu = defineFinetuning({
  id: 'rmu',
  title: 'RMU',
  paper: arxiv('2403.03218', 'The WMDP Benchmark: Measuring and Reducing Malicious Use With Unlearning'),
  summary: 'Moves the states of harmful answers to a random direction, and keeps those of benign answers.',
  differs:
    'The length of the direction is a multiple of the mean length of the states there, as in arXiv 2408.06223, since a fixed one fits ' +
    'one model. Only the tokens of answers are moved and kept, and what is trained is chosen with the training, not three matrices.',
  ...trainingDefense,
  reads: ['harmful', 'benign'],
  recipe: { learningRate: 1e-3, steps: 150, warmupSteps: 5 },
  options: {
    depth: number({
      description: 'Where the states are read, as a share of the layers.',
      default: 0.5,
      min: 0,
      max: 1,
    }),
    length: number({
      description: 'Length of the direction, in mean lengths of a state.',
      default: 2,
      min: 0.1,
      max: 100,
    }),
    retain: number({ description: 'Weight of keeping benign states.', default: 30, min: 0, max: 100_000 }),
    batchSize: integer({
      description: 'Rows of each kind per update.',
      default: 4,
      min: 1,
      max: 256,
      unit: 'rows',
    }),
  },
  async objective({ depth, length, retain, batchSize }, { model, training, data, random }) {
    const [harmful, benign] = [examplesOf(data, 'harmful', model), examplesOf(data, 'benign', model)];
    const boundary = boundaryAt(await layersOf(model, benign[0]!), depth);
    const sample = await statesBefore(model, benign.slice(0, 8), [boundary]);
    const size = sample[0]!.values.length;
    const draws = random.fork('direction');
    const direction = Float32Array.from({ length: size }, () => draws.next());
    const scale = (length * mean(sample.map(({ values }) => norm(values)))) / norm(direction);
    const target = direction.map((value) => value * scale);
    return {
      async update(index) {
        const bad = epochDraw(harmful, random.fork('harmful'), index, batchSize);
        const good = epochDraw(benign, random.fork('benign'), index, batchSize);
        const before = await statesBefore(model, good, [boundary]);
        const away = meanOverStates(await statesNow(training, bad, [boundary]), 1, ({ values }) =>
          squaredDistance(values, target),
        );
        const kept = meanOverStates(await statesNow(training, good, [boundary]), retain, ({ values }, i) =>
          squaredDistance(values, before[i]!.values),
        );
        return {
          batches: [
            { ...unweighted(bad), hidden: away.hidden },
            { ...unweighted(good), hidden: kept.hidden },
          ],
          figures: { loss: away.loss + retain * kept.loss, forget: away.loss, retain: kept.loss },
        };
      },
    };
  },
});
