import { allOwnWords } from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer, number } from '../../core/options.ts';
import { mean } from '../../core/statistics.ts';
import { checkFinite } from '../../models/decoding/numbers.ts';
import { userTextLosses } from '../../models/scoring.ts';
import { underEdit, weightEditOf } from '../generation/edits.ts';
import {
  benignScores,
  calibrationDetail,
  detectionBy,
  calibrationOptions,
  calibrationSchema,
  thresholdAbove,
} from '../consulting/calibration.ts';
import { aroundModel, artifactOf, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';

/**
 * The highest perplexity of any window: non-overlapping windows of `size` tokens, and the last `size` tokens when some
 * are left over. For a text no longer than one window this is its plain perplexity.
 * @param losses negative log-probs of the tokens given the whole text before them, nats
 * @returns `null` for an empty list; at most the largest number there is
 * @throws LabError 'not-finite' for losses that are no numbers
 */
export function windowedPerplexity(losses: Float32Array, size: number): number | null {
  if (losses.length === 0) return null;
  const starts = Array.from({ length: Math.floor(losses.length / size) }, (_, i) => i * size);
  if (losses.length % size > 0) starts.push(Math.max(0, losses.length - size));
  checkFinite('The model', 'losses of a request', losses);
  const worst = Math.max(...starts.map((start) => mean(losses.subarray(start, start + size))));
  return Math.min(Math.exp(worst), Number.MAX_VALUE);
}

/**
 * Turns away requests that read like gibberish to the target model itself, as optimized suffixes do.
 * Stretch by stretch as in https://arxiv.org/abs/2309.00614, or as a whole. Token losses are computed once, in the
 * context of the chat template and the user's own words, and windowed afterwards; every user turn is read on its own.
 * The threshold is calibrated on benign requests, scored by the same model.
 */
export const perplexityFilter = defineDefense({
  id: 'perplexity-filter',
  title: 'Perplexity filter',
  paper: arxiv('2308.14132', 'Detecting Language Model Attacks with Perplexity'),
  summary: 'Blocks a request if any stretch of it is too unlikely as text.',
  differs:
    'The paper adds a classifier on perplexity and length; here a threshold decides. Reading the request ' +
    'in stretches is from another paper, https://arxiv.org/abs/2309.00614, whose threshold is the highest ' +
    'perplexity of benign requests; here a share of them may exceed it.',
  access: 'grey-box',
  stage: 'input',
  needs: [],
  taxonomy: aroundModel,
  options: {
    reads: choice({
      description:
        'What the perplexity is computed on: each stretch (the highest counts), or the whole request.',
      choices: ['stretches', 'whole'],
      default: 'stretches',
    }),
    window: integer({
      description: 'Length of the stretches.',
      default: 10,
      min: 1,
      max: 1000,
      unit: 'tokens',
    }),
    threshold: number({
      description:
        'Perplexity above which the request is blocked (AISafetyLab: 300); 0 takes it from the calibration.',
      default: 0,
      min: 0,
      max: 1e12,
    }),
    ...calibrationOptions,
  },
  artifactSchema: calibrationSchema,
  learns: ({ threshold }) => threshold === 0,
  async prepare(model, contrast, { reads, window, falsePositives, calibration }, { signal, onProgress }) {
    const { scores, texts } = await benignScores(contrast, calibration, onProgress, async (request) => {
      const losses = await userTextLosses(model, request, { signal });
      return windowedPerplexity(losses, reads === 'whole' ? Infinity : window) ?? 0;
    });
    return { ...thresholdAbove(scores, falsePositives), texts };
  },
  view(model, { reads, window, threshold: given }, context) {
    const calibrated = given === 0 ? artifactOf(context, calibrationSchema, 'perplexity-filter') : null;
    const threshold = calibrated?.threshold ?? given;
    const size = reads === 'whole' ? Infinity : window;
    return {
      /** Nats per token of the most unlikely stretch. */
      async excess(messages, options) {
        const losses = await Promise.all(
          allOwnWords(messages).map((words) => userTextLosses(model, words, options)),
        );
        const perplexity = Math.max(0, ...losses.map((values) => windowedPerplexity(values, size) ?? 0));
        return Math.log(perplexity) - Math.log(threshold);
      },
    };
  },
  wrap(model, { reads, window, threshold: given }, context) {
    const calibrated = given === 0 ? artifactOf(context, calibrationSchema, 'perplexity-filter') : null;
    const threshold = calibrated?.threshold ?? given;
    return {
      ...blackBox(model, 'perplexity-filter'),
      async generate(messages, options) {
        const { signal } = options;
        const losses = await underEdit(model, weightEditOf(options), (reader) =>
          Promise.all(allOwnWords(messages).map((words) => userTextLosses(reader, words, { signal }))),
        );
        const size = reads === 'whole' ? Infinity : window;
        const perplexity = Math.max(0, ...losses.map((values) => windowedPerplexity(values, size) ?? 0));
        const scored = losses.filter(({ length }) => length > 0);
        const event = {
          defense: 'perplexity-filter',
          detail: {
            perplexity,
            threshold,
            ...(reads === 'stretches' && { window }),
            ...(calibrated && calibrationDetail(calibrated)),
          },
          detection: detectionBy(perplexity, calibrated ?? { threshold }),
          cost: { queries: scored.length, tokens: scored.reduce((sum, { length }) => sum + length, 0) },
        };
        const what = reads === 'whole' ? 'The request as a whole' : 'A stretch of the request';
        if (perplexity > threshold)
          return blocked({ ...event, action: 'blocked', reason: `${what} is too unlikely.` });
        const reply = await model.generate(messages, options);
        return withEvent(
          reply,
          { ...event, action: 'passed', reason: 'The request is likely enough.' },
          'start',
        );
      },
    };
  },
});
