import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { examplesOf, drawMix } from './parts/draws.ts';
import { imitation } from './parts/rows.ts';

/** Goes on with instruction tuning, on helpful answers with some safe refusals among them. */
export const safeTuning = defineFinetuning({
  id: 'safe-tuning',
  title: 'Safe Tuning',
  paper: arxiv(
    '2309.07875',
    'Safety-Tuned LLaMAs: Lessons From Improving the Safety of Large Language Models that Follow Instructions',
  ),
  summary: 'Trains on helpful answers with some refusals of harmful requests mixed in.',
  differs:
    'The paper adds a fixed number of safety examples to the data, 3% of it and more; here each row of a batch is one with the chance ' +
    'of the share. The loss is the mean over the tokens of the answers alone, whatever their padding.',
  ...trainingDefense,
  reads: ['benign', 'safe'],
  recipe: { learningRate: 3e-5, steps: 60, warmupSteps: 5 },
  options: {
    share: number({
      description: 'Share of refusals among the rows; too many, and the model refuses harmless requests.',
      default: 0.1,
      min: 0,
      max: 1,
    }),
    batchSize: integer({ description: 'Rows per update.', default: 16, min: 1, max: 512, unit: 'rows' }),
  },
  async objective({ share, batchSize }, { model, data, random }) {
    const [benign, safe] = [examplesOf(data, 'benign', model), examplesOf(data, 'safe', model)];
    return {
      async update(index) {
        const rows = drawMix(random.fork(index), batchSize, [
          { rows: safe, share },
          { rows: benign, share: 1 - share },
        ]);
        return imitation(rows);
      },
    };
  },
});
