import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { mean } from '../core/statistics.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { epochDraw, examplesOf, noRows } from './parts/draws.ts';
import { preferenceLoss } from './parts/losses.ts';
import {
  answerLogProbs,
  crossEntropy,
  meanRows,
  referenceLogProbs,
  rowOf,
  tokensIn,
  weightedBatch,
} from './parts/rows.ts';

/** Unlearns harmful answers, learns a safe one to the same request, and keeps benign ones. */
export const safeUnlearning = defineFinetuning({
  id: 'safe-unlearning',
  title: 'Safe Unlearning',
  paper: arxiv(
    '2407.02855',
    'Safe Unlearning: A Surprisingly Effective and Generalizable Solution to Defend Against Jailbreak Attacks',
  ),
  summary: 'Unlearns harmful answers, learns a safe one to the same request, and keeps benign ones.',
  differs:
    "An update is one request's answers with as many benign ones, as in the paper, where four such groups make an update. The loss of " +
    'unlearning is computed without overflow, and reads the answer and its end alone. Once harmful answers have become unlikely ' +
    'enough, they are left alone, which the paper does not do: without it a small model falls apart.',
  ...trainingDefense,
  reads: ['benign', 'safe', 'harmful'],
  recipe: { learningRate: 5e-4, steps: 100, warmupSteps: 5 },
  options: {
    alpha: number({ description: 'Weight of unlearning.', default: 0.3, min: 0, max: 10 }),
    beta: number({
      description: 'What a nat per token counts in unlearning.',
      default: 1,
      min: 0.01,
      max: 100,
    }),
    theta: number({ description: 'Weight of the safe answers.', default: 0.5, min: 0, max: 10 }),
    harmfulRows: integer({
      description: 'Harmful answers to each request.',
      default: 5,
      min: 1,
      max: 100,
      unit: 'rows',
    }),
    benignRows: integer({
      description: 'Benign answers beside them.',
      default: 5,
      min: 1,
      max: 100,
      unit: 'rows',
    }),
    floor: number({
      description: 'Nats per token below what it was at which a harmful answer is unlikely enough.',
      default: 4,
      min: 0.1,
      max: 100,
      unit: 'nats',
    }),
  },
  async objective({ alpha, beta, theta, harmfulRows, benignRows, floor }, { model, training, data, random }) {
    const benign = examplesOf(data, 'benign', model);
    const groups = data.requests
      .filter(({ safe, harmful }) => safe.length > 0 && harmful.length > 0)
      .map(({ prompt, safe, harmful }) => ({
        safe: safe.map((answer) => rowOf(model, prompt, answer)),
        harmful: harmful.map((answer) => rowOf(model, prompt, answer)),
      }));
    if (groups.length === 0) throw data.requests.length === 0 ? noRows('harmful') : unpaired();
    return {
      async update(index) {
        const [group] = epochDraw(groups, random.fork('groups'), index, 1);
        const draws = random.fork(index);
        const safe = [draws.pick(group!.safe)];
        const harmful = draws.shuffle(group!.harmful).slice(0, harmfulRows);
        const kept = epochDraw(benign, random.fork('benign'), index, benignRows);
        const perToken = (sums: readonly number[]) => sums.map((sum, i) => sum / tokensIn(harmful[i]!));
        const before = perToken(await referenceLogProbs(model, harmful));
        const all = await answerLogProbs(training, [...harmful, ...safe, ...kept]);
        const changes = perToken(all.slice(0, harmful.length)).map((value, i) => value - before[i]!);
        const losses = changes.map((change) => preferenceLoss(-change, beta));
        const slopes = losses.map(({ slope }, i) => (changes[i]! < -floor ? 0 : -slope));
        const [declining, helping] = [
          crossEntropy(safe, all.slice(harmful.length, harmful.length + 1)),
          crossEntropy(kept, all.slice(harmful.length + 1)),
        ];
        const forget = mean(losses.map(({ loss }) => loss));
        const unlearned = harmful.map((row, i) => ({
          ...row,
          weight: (-alpha * slopes[i]!) / harmful.length / tokensIn(row),
        }));
        return {
          batches: [weightedBatch([...unlearned, ...meanRows(safe, theta), ...meanRows(kept)])],
          figures: {
            loss: helping + theta * declining + alpha * forget,
            ...{ helping, declining, forget },
            change: mean(changes),
          },
        };
      },
    };
  },
});

const unpaired = (): LabError =>
  new LabError('bad-input', 'No harmful request of the training data has both safe and harmful answers.', {
    advice: 'Give the same request answers of both kinds.',
  });
