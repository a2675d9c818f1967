import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { epochDraw } from './parts/draws.ts';
import { preferenceLoss } from './parts/losses.ts';
import { answersOf, pairBatch, pairFigures, pairsOf } from './parts/pairs.ts';
import { answerLogProbs, referenceLogProbs } from './parts/rows.ts';

/** Makes the chosen answer of each pair likelier than the rejected one, beside the model as it was. */
export const dpo = defineFinetuning({
  id: 'dpo',
  title: 'DPO',
  paper: arxiv(
    '2305.18290',
    'Direct Preference Optimization: Your Language Model is Secretly a Reward Model',
  ),
  summary: 'Makes the chosen answer of each pair likelier than the rejected one, beside the model as it was.',
  ...trainingDefense,
  reads: ['preferences'],
  recipe: { learningRate: 1e-5, steps: 60, warmupSteps: 5 },
  options: {
    beta: number({
      description: 'How closely the model is held to what it was.',
      default: 0.1,
      min: 0.001,
      max: 10,
    }),
    batchSize: integer({ description: 'Pairs per update.', default: 8, min: 1, max: 256, unit: 'pairs' }),
  },
  async objective({ beta, batchSize }, { model, training, data, random }) {
    const pairs = pairsOf(data, model);
    const reference = new Map<(typeof pairs)[number], number>();
    return {
      async update(index) {
        const drawn = epochDraw(pairs, random, index, batchSize);
        const fresh = [...new Set(drawn)].filter((pair) => !reference.has(pair));
        const before = await referenceLogProbs(model, answersOf(fresh));
        fresh.forEach((pair, i) => reference.set(pair, before[2 * i]! - before[2 * i + 1]!));
        const now = await answerLogProbs(training, answersOf(drawn));
        const margins = drawn.map((pair, i) => now[2 * i]! - now[2 * i + 1]! - reference.get(pair)!);
        const losses = margins.map((margin) => preferenceLoss(margin, beta));
        return {
          batches: [pairBatch(drawn, (i) => losses[i]!.slope / drawn.length)],
          figures: pairFigures(losses, margins),
        };
      },
    };
  },
});
