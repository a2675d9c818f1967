import { user, type ChatMessage } from '../../core/chat.ts';
import { sumOfCounts } from '../../core/counts.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer, number, text } from '../../core/options.ts';
import { createRandom, type Random } from '../../core/random.ts';
import type { GenerateOptions, WhiteBoxModel } from '../../models/language-model.ts';
import {
  benignTexts,
  calibrationDetail,
  detectionBy,
  calibrationOptions,
  calibrationSchema,
  thresholdAbove,
} from '../consulting/calibration.ts';
import { artifactOf, blackBox, blocked, defineDefense, withEvent, withinModel } from '../defense.ts';
import { exactGradient, refusalLoss, sampledGradient } from './gradient-cuff/refusal-loss.ts';

interface Strength {
  readonly samples: number;
  readonly directions: number;
  readonly radius: number;
  readonly answerTokens: number;
  readonly temperature: number;
  readonly gradient: 'sampled' | 'exact';
  readonly opening: string;
}

/** Both stages on one conversation; the length of the gradient is `null` if the first stage declines. */
async function look(
  model: WhiteBoxModel,
  messages: readonly ChatMessage[],
  strength: Strength,
  request: GenerateOptions,
  random: Random,
) {
  const { samples, directions, radius, answerTokens, temperature, gradient, opening } = strength;
  const options: GenerateOptions = {
    ...request,
    maxNewTokens: answerTokens,
    sampling: { temperature, topP: 0.9 },
    seed: `${request.seed ?? '0'}/gradient-cuff`,
  };
  const probe = { samples, options };
  const { loss, cost } = await refusalLoss(model, messages, probe);
  if (loss < 0.5) return { loss, length: null, cost };
  const slope =
    gradient === 'exact'
      ? await exactGradient(model, messages, opening, options)
      : await sampledGradient(model, messages, loss, { directions, radius, random }, probe);
  const totalCost = {
    queries: cost.queries + slope.cost.queries,
    tokens: sumOfCounts([cost.tokens, slope.cost.tokens]),
  };
  return { loss, length: slope.length, cost: totalCost };
}

/**
 * Declines a request if most sampled answers to it refuse, or if the refusal loss changes steeply around it, because a
 * jailbreak sits in a narrow pit of that loss. The allowed steepness is calibrated on harmless requests beforehand.
 */
export const gradientCuff = defineDefense({
  id: 'gradient-cuff',
  title: 'Gradient Cuff',
  paper: arxiv(
    '2403.00867',
    'Gradient Cuff: Detecting Jailbreak Attacks on Large Language Models by Exploring Refusal Loss Landscapes',
  ),
  summary:
    'Declines requests that are mostly refused, or near which the chance of a refusal changes steeply.',
  differs:
    'An option (`exact`) replaces the estimate from samples by the exact gradient of the loss of one refusing ' +
    'opening, which costs one backward pass; that is another detector than the paper’s, and every event names ' +
    'its variant. Answers are sampled without the assistant prefix. The threshold keeps the rate of both ' +
    'stages together on benign requests, as far as the first stage alone does not exceed it.',
  access: 'white-box',
  stage: 'decoding',
  draws: true,
  needs: [],
  taxonomy: withinModel,
  options: {
    samples: integer({
      description: 'Sampled answers per estimate of the refusal loss (N).',
      default: 10,
      min: 1,
      max: 100,
      unit: 'answers',
    }),
    directions: integer({
      description: 'Random directions in which the request is moved (P).',
      default: 10,
      min: 1,
      max: 100,
      unit: 'directions',
    }),
    radius: number({
      description:
        'How far the embedding of each token is moved, in multiples of a standard normal vector (μ).',
      default: 0.02,
      min: 1e-6,
      max: 100,
    }),
    ...calibrationOptions,
    gradient: choice({
      description:
        'The paper’s estimate from sampled answers, or the exact gradient of the loss of a refusing opening.',
      choices: ['sampled', 'exact'],
      default: 'sampled',
    }),
    opening: text({ description: 'Exact only: the refusing opening.', default: 'I am sorry' }),
    answerTokens: integer({
      description: 'Most tokens of a sampled answer.',
      default: 16,
      min: 1,
      max: 256,
      unit: 'tokens',
    }),
    temperature: number({
      description: 'Temperature of the sampled answers.',
      default: 0.6,
      min: 0.05,
      max: 2,
    }),
  },
  artifactSchema: calibrationSchema,
  async prepare(model, contrast, options, { random, signal, onProgress }) {
    const { requests, texts } = benignTexts(contrast, options.calibration);
    const lengths: number[] = [];
    for (const [i, request] of requests.entries()) {
      const sampling = { maxNewTokens: options.answerTokens, seed: `calibration/${i}`, signal };
      const { length } = await look(model, [user(request)], options, sampling, random.fork(i));
      // What the first stage declines is declined at any threshold, and counts toward the rate.
      lengths.push(length ?? Infinity);
      onProgress?.(i + 1, requests.length);
    }
    return { ...thresholdAbove(lengths, options.falsePositives), texts };
  },
  wrap(model, strength, context) {
    const calibrated = artifactOf(context, calibrationSchema, 'gradient-cuff');
    const { threshold } = calibrated;
    return {
      ...blackBox(model, 'gradient-cuff'),
      async generate(messages, options) {
        const random = createRandom(options.seed ?? '0').fork('gradient-cuff');
        const { loss, length, cost } = await look(model, messages, strength, options, random);
        const event = {
          defense: 'gradient-cuff',
          detail: {
            refusalLoss: loss,
            threshold,
            variant: strength.gradient,
            ...(length !== null && { gradient: length }),
            ...calibrationDetail(calibrated),
          },
          detection: detectionBy(length ?? Infinity, calibrated),
          cost,
        };
        if (length === null)
          return blocked({ ...event, action: 'blocked', reason: 'Most sampled answers refused.' });
        if (length > threshold)
          return blocked({
            ...event,
            action: 'blocked',
            reason: 'The chance of a refusal changes steeply around the request.',
          });
        const reply = await model.generate(messages, options);
        return withEvent(
          reply,
          { ...event, action: 'passed', reason: 'The request is answered, and so is what lies around it.' },
          'start',
        );
      },
    };
  },
});
