import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { mean } from '../core/statistics.ts';
import { dot, type Vector } from '../core/vectors.ts';
import type { TrainingRow } from '../models/language-model.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { epochDraw, examplesOf } from './parts/draws.ts';
import { advantagesOf, clippedLoss, combinedAdvantage, nextMultiplier } from './parts/ppo.ts';
import {
  answerLogProbs,
  crossEntropy,
  meanRows,
  tokenBatch,
  tokenLogProbs,
  tokenReference,
  weightedBatch,
} from './parts/rows.ts';
import { improvedHead } from './safe-rlhf/heads.ts';
import { judgeFrom } from './safe-rlhf/judge.ts';
import { readMemory, writeMemory, type State } from './safe-rlhf/memory.ts';
import { sampledRows } from './safe-rlhf/rollouts.ts';

/** Trains on the model's own answers for a learned reward, while a multiplier holds a learned cost below a bound. */
export const safeRlhf = defineFinetuning({
  id: 'safe-rlhf',
  title: 'Safe RLHF',
  paper: arxiv('2310.12773', 'Safe RLHF: Safe Reinforcement Learning from Human Feedback'),
  summary:
    "Trains on the model's own answers for a learned reward, while a multiplier holds a learned cost below a bound.",
  differs:
    'Reward and cost models, and the critics that begin as them, are linear heads on the states of the model as it was; the paper ' +
    'trains whole models. The reward is learned from the preferences on requests that are not harmful, the cost from safe and ' +
    'harmful answers to the same request, with benign answers as harmless ones. The bound is checked on the answers of one batch, ' +
    'not on the average of the last ones.',
  ...trainingDefense,
  reads: ['preferences', 'benign', 'safe', 'harmful'],
  recipe: { learningRate: 2e-5, steps: 40, warmupSteps: 5 },
  options: {
    batchSize: integer({
      description: 'Answers that the model gives at a time, half of them to harmful requests.',
      default: 16,
      min: 2,
      max: 256,
      unit: 'answers',
    }),
    epochs: integer({
      description: 'Updates from the same answers.',
      default: 2,
      min: 1,
      max: 16,
      unit: 'updates',
    }),
    maxNewTokens: integer({
      description: 'Longest answer.',
      default: 64,
      min: 1,
      max: 2048,
      unit: 'tokens',
    }),
    clip: number({ description: 'How far one update may move a token.', default: 0.2, min: 0.01, max: 1 }),
    divergence: number({
      description: 'Cost of moving away from the model as it was, per nat.',
      default: 0.1,
      min: 0,
      max: 10,
    }),
    decay: number({
      description: 'How far ahead an advantage looks (λ of GAE).',
      default: 0.95,
      min: 0,
      max: 1,
    }),
    bound: number({
      description: 'What the mean cost must stay below 0 by (d of the paper).',
      default: 2,
      min: -100,
      max: 100,
    }),
    multiplier: number({
      description: 'First value of the multiplier of the cost.',
      default: 1,
      min: 0.001,
      max: 100,
    }),
    multiplierRate: number({
      description: 'How fast the multiplier follows the cost.',
      default: 0.1,
      min: 0,
      max: 10,
    }),
    criticRate: number({ description: 'How fast the critics learn.', default: 0.05, min: 0, max: 1 }),
    helping: number({
      description: 'Weight of the loss on benign answers.',
      default: 0.01,
      min: 0.001,
      max: 100,
    }),
    pairs: integer({
      description: 'Most pairs of answers from which reward and cost are learned.',
      default: 64,
      min: 1,
      max: 10_000,
      unit: 'pairs',
    }),
  },
  async objective(options, { model, training, data, random, signal }) {
    const { epochs, clip, divergence, decay, helping } = options;
    const half = Math.ceil(options.batchSize / 2);
    const benign = examplesOf(data, 'benign', model);
    const judge = await judgeFrom(model, data, { random: random.fork('judge'), most: options.pairs });
    let state: State = {
      multiplier: options.multiplier,
      critics: { reward: [...judge.reward], cost: [...judge.cost] },
      rollout: null,
    };

    /** @param drifts log-probs of the tokens above those by the model as it was */
    const worthOf = async (row: TrainingRow, drifts: readonly number[]) => {
      const states = await judge.features(row);
      const seen = states.slice(0, -1);
      const atEnd = (value: number, sign: number) =>
        drifts.map((drift, t) => (sign * divergence * drift) / 2 + (t === drifts.length - 1 ? value : 0));
      const [reward, cost] = [dot(judge.reward, states.at(-1)!), dot(judge.cost, states.at(-1)!)];
      return {
        ...{ reward, cost, seen, drift: drifts.reduce((sum, drift) => sum + drift, 0) },
        ofReward: estimate(state.critics.reward, seen, atEnd(reward, -1), decay),
        ofCost: estimate(state.critics.cost, seen, atEnd(cost, 1), decay),
      };
    };

    /** New answers, what they are worth, and the multiplier and critics that follow from them. */
    const rollOut = async (index: number): Promise<State & { rollout: object }> => {
      const prompts = [
        ...epochDraw(data.benign, random.fork('benign requests'), index, half),
        ...epochDraw(data.requests, random.fork('harmful requests'), index, half),
      ].map(({ prompt }) => prompt);
      const seed = random.fork(`answers ${index}`).integer(2 ** 32);
      const rows = await sampledRows(training, prompts, { ...options, seed, signal });
      const now = await tokenLogProbs(training, rows);
      const before = await tokenReference(model, rows);
      const answers: Awaited<ReturnType<typeof worthOf>>[] = [];
      for (const [i, row] of rows.entries()) {
        const drifts = Array.from(now[i]!, (value, t) => value - before[i]![t]!);
        answers.push(await worthOf(row, drifts));
      }
      const cost = mean(answers.map((answer) => answer.cost));
      const multiplier = nextMultiplier(state.multiplier, cost + options.bound, options.multiplierRate);
      const learned = (head: Vector, of: 'ofReward' | 'ofCost') =>
        answers.reduce<Vector>(
          (critic, answer) => improvedHead(critic, answer.seen, answer[of].returns, options.criticRate),
          head,
        );
      return {
        multiplier,
        critics: {
          reward: Array.from(learned(state.critics.reward, 'ofReward')),
          cost: Array.from(learned(state.critics.cost, 'ofCost')),
        },
        rollout: {
          ...{ index, rows, cost },
          reward: mean(answers.map((answer) => answer.reward)),
          drift: mean(answers.map((answer) => answer.drift)),
          logProbs: now.map((values) => Array.from(values)),
          advantages: answers.map(({ ofReward, ofCost }) =>
            ofReward.advantages.map((value, t) =>
              combinedAdvantage(value, ofCost.advantages[t]!, multiplier),
            ),
          ),
        },
      };
    };

    return {
      async update(index) {
        const number = Math.floor(index / epochs);
        if (state.rollout?.index !== number) state = await rollOut(number);
        const { rows, logProbs, advantages, reward, cost, drift } = state.rollout!;
        const now = await tokenLogProbs(training, rows);
        const losses = now.map((values, row) =>
          Array.from(values, (value, t) =>
            clippedLoss(value - logProbs[row]![t]!, advantages[row]![t]!, clip),
          ),
        );
        const tokens = losses.flat().length;
        const surrogate = losses.flat().reduce((sum, { loss }) => sum + loss, 0) / tokens;
        const kept = epochDraw(benign, random.fork('benign'), index, half);
        const keeping = crossEntropy(kept, await answerLogProbs(training, kept));
        const weights = losses.map((row) => row.map(({ slope }) => -slope / tokens));
        const moving = weights.flat().some((weight) => weight !== 0);
        return {
          batches: [...(moving ? [tokenBatch(rows, weights)] : []), weightedBatch(meanRows(kept, helping))],
          figures: {
            loss: surrogate + helping * keeping,
            ...{ reward, cost, drift, multiplier: state.multiplier, helping: keeping },
          },
        };
      },
      memory: {
        read: () => writeMemory(state),
        restore: (memory) => (state = readMemory(memory, judge.reward.length)),
      },
    };
  },
});

/** Advantages of the tokens of an answer, and what the critic should have expected before each. */
function estimate(critic: Vector, states: readonly Vector[], rewards: readonly number[], decay: number) {
  const values = states.map((features) => dot(critic, features));
  const advantages = advantagesOf(rewards, values, decay);
  return { advantages, returns: advantages.map((advantage, t) => advantage + values[t]!) };
}
