import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { mean } from '../core/statistics.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { epochDraw, examplesOf } from './parts/draws.ts';
import { negativePreferenceLoss } from './parts/losses.ts';
import { answerLogProbs, crossEntropy, meanRows, referenceLogProbs, weightedBatch } from './parts/rows.ts';

/** Unlearns harmful answers as if each were the rejected one of a pair without a chosen one. */
export const npo = defineFinetuning({
  id: 'npo',
  title: 'NPO',
  paper: arxiv(
    '2404.05868',
    'Negative Preference Optimization: From Catastrophic Collapse to Effective Unlearning',
  ),
  summary: 'Makes harmful answers less likely than they were, the less so the further they have fallen.',
  differs: 'Of the ways to retain that the paper compares, this is the loss on answers that are to stay.',
  ...trainingDefense,
  reads: ['harmful', 'benign'],
  recipe: { learningRate: 2e-4, steps: 100, warmupSteps: 5 },
  options: {
    beta: number({
      description: 'How soon a fallen answer is left alone.',
      default: 0.1,
      min: 0.001,
      max: 10,
    }),
    retain: number({ description: 'Weight of the loss on benign answers.', default: 1, min: 0, max: 100 }),
    batchSize: integer({
      description: 'Rows of each kind per update.',
      default: 8,
      min: 1,
      max: 256,
      unit: 'rows',
    }),
  },
  async objective({ beta, retain, batchSize }, { model, training, data, random }) {
    const [harmful, benign] = [examplesOf(data, 'harmful', model), examplesOf(data, 'benign', model)];
    return {
      async update(index) {
        const bad = epochDraw(harmful, random.fork('harmful'), index, batchSize);
        const good = epochDraw(benign, random.fork('benign'), index, batchSize);
        const before = await referenceLogProbs(model, bad);
        const now = await answerLogProbs(training, [...bad, ...good]);
        const changes = bad.map((_, i) => now[i]! - before[i]!);
        const losses = changes.map((change) => negativePreferenceLoss(change, beta));
        const forget = mean(losses.map(({ loss }) => loss));
        const kept = crossEntropy(good, now.slice(bad.length));
        const batches = [
          weightedBatch(bad.map((row, i) => ({ ...row, weight: -losses[i]!.slope / bad.length }))),
          ...(retain > 0 ? [weightedBatch(meanRows(good, retain))] : []),
        ];
        return {
          batches,
          figures: { loss: forget + retain * kept, forget, retain: kept, change: mean(changes) },
        };
      },
    };
  },
});
