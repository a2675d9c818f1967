import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { epochDraw } from './parts/draws.ts';
import { preferenceLoss } from './parts/losses.ts';
import { answersOf, pairBatch, pairFigures, pairsOf } from './parts/pairs.ts';
import { answerLogProbs, tokensIn } from './parts/rows.ts';

/** Makes the chosen answer of each pair likelier per token than the rejected one, by a margin. */
export const simpo = defineFinetuning({
  id: 'simpo',
  title: 'SimPO',
  paper: arxiv('2405.14734', 'SimPO: Simple Preference Optimization with a Reference-Free Reward'),
  summary: 'Makes the chosen answer of each pair likelier per token than the rejected one, by a margin.',
  ...trainingDefense,
  reads: ['preferences'],
  recipe: { learningRate: 1e-5, steps: 60, warmupSteps: 5 },
  options: {
    beta: number({
      description: 'What a difference of one nat per token counts.',
      default: 2,
      min: 0.01,
      max: 100,
    }),
    gamma: number({ description: 'The margin, in the same measure.', default: 1, min: 0, max: 100 }),
    batchSize: integer({ description: 'Pairs per update.', default: 8, min: 1, max: 256, unit: 'pairs' }),
  },
  async objective({ beta, gamma, batchSize }, { model, training, data, random }) {
    const pairs = pairsOf(data, model);
    return {
      async update(index) {
        const drawn = epochDraw(pairs, random, index, batchSize);
        const rows = answersOf(drawn);
        const now = (await answerLogProbs(training, rows)).map((sum, i) => sum / tokensIn(rows[i]!));
        const margins = drawn.map((_, i) => now[2 * i]! - now[2 * i + 1]!);
        const losses = margins.map((margin) => preferenceLoss(margin, beta, gamma));
        return {
          batches: [
            pairBatch(
              drawn,
              (i) => losses[i]!.slope / drawn.length,
              (row) => 1 / tokensIn(row),
            ),
          ],
          figures: pairFigures(losses, margins),
        };
      },
    };
  },
});
