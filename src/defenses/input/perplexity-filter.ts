import { allOwnWords, user, type ChatMessage } from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer, number } from '../../core/options.ts';
import { mean } from '../../core/statistics.ts';
import { checkFinite } from '../../models/decoding/numbers.ts';
import { logSoftmax } from '../../models/decoding/sampler.ts';
import { isWhiteBox, type Abortable, type WhiteBoxModel } from '../../models/language-model.ts';
import { findSpan } from '../../models/prompt-span.ts';
import { userTextLosses } from '../../models/scoring.ts';
import { underEdit, weightEditOf } from '../generation/edits.ts';
import { oneHotGradient, placeOf } from '../generation/span-gradient.ts';
import {
  benignScores,
  calibrationDetail,
  detectionBy,
  calibrationOptions,
  calibrationSchema,
  thresholdAbove,
} from '../consulting/calibration.ts';
import { aroundModel, artifactOf, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';

/** Where windows of `size` tokens start: side by side, and at the last `size` tokens when some are left over. */
function windowStarts(length: number, size: number): readonly number[] {
  const starts = Array.from({ length: Math.floor(length / size) }, (_, i) => i * size);
  return length % size > 0 ? [...starts, Math.max(0, length - size)] : starts;
}

/**
 * The highest perplexity of any window: non-overlapping windows of `size` tokens, and the last `size` tokens when some
 * are left over. For a text no longer than one window this is its plain perplexity.
 * @param losses negative log-probs of the tokens given the whole text before them, nats
 * @returns `null` for an empty list; at most the largest number there is
 * @throws LabError 'not-finite' for losses that are no numbers
 */
export function windowedPerplexity(losses: Float32Array, size: number): number | null {
  if (losses.length === 0) return null;
  const starts = windowStarts(losses.length, size);
  checkFinite('The model', 'losses of a request', losses);
  const worst = Math.max(...starts.map((start) => mean(losses.subarray(start, start + size))));
  return Math.min(Math.exp(worst), Number.MAX_VALUE);
}

/**
 * The gradient of the mean loss of the most unlikely window of `text`, for `tokens` in it: as what later tokens are read
 * after, and as what is to be predicted, whose loss is linear in its one-hot row.
 * @returns row-major, shape [S, V]; `null` where the tokens do not stand in the text
 */
async function windowGradient(
  model: WhiteBoxModel,
  text: string,
  size: number,
  tokens: readonly number[],
  options: Abortable,
): Promise<Float32Array | null> {
  const span = findSpan(model.tokenizer, (content) => [user(content)], text);
  const prompt = span.prompt.slice(0, span.end);
  const place = placeOf(tokens, prompt);
  if (place < span.start) return null;
  const losses = await userTextLosses(model, text, options);
  const length = Math.min(size, losses.length);
  const worst = windowStarts(losses.length, size)
    .map((start) => ({ start, loss: mean(losses.subarray(start, start + length)) }))
    .reduce((highest, next) => (next.loss > highest.loss ? next : highest));
  const first = span.start + worst.start;
  const logProbs = await logProbsWithin(model, prompt, first, length, options);
  const logits = logProbs.map((row, i) => {
    const values = row.map((value) => Math.exp(value) / length);
    values[prompt[first + i]!]! -= 1 / length;
    return { position: first + i - 1, values };
  });
  const slopes = await model.inputGradient(prompt, { logits }, options);
  const width = slopes.length / prompt.length;
  const own = slopes.subarray(place * width, (place + tokens.length) * width);
  const gradient = await oneHotGradient(model, own, tokens.length, options);
  const { vocabSize } = model.tokenizer;
  for (const [row] of tokens.entries())
    logProbs[place + row - first]?.forEach((value, id) => {
      gradient[row * vocabSize + id]! -= value / length;
    });
  return gradient;
}

/** Log-probs of every token at `count` positions from `first` on. @returns shape [V] each */
async function logProbsWithin(
  model: WhiteBoxModel,
  prompt: readonly number[],
  first: number,
  count: number,
  options: Abortable,
): Promise<Float32Array[]> {
  const session = await model.open([prompt.slice(0, first)], options);
  const rows: Float32Array[] = [];
  try {
    for (let i = 0; i < count; i++) {
      if (i > 0) await session.advance([prompt[first + i - 1]!]);
      rows.push(logSoftmax(session.logits(0)));
    }
  } finally {
    await session.close();
  }
  return rows;
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
    const perplexities = (messages: readonly ChatMessage[], options: Abortable) =>
      Promise.all(
        allOwnWords(messages).map(
          async (words) => windowedPerplexity(await userTextLosses(model, words, options), size) ?? 0,
        ),
      );
    return {
      /** Nats per token of the most unlikely stretch. */
      excess: async (messages, options) =>
        Math.log(Math.max(0, ...(await perplexities(messages, options)))) - Math.log(threshold),
      ...(isWhiteBox(model) && {
        async excessGradient(messages, tokens, options) {
          const each = await perplexities(messages, options);
          const worst = allOwnWords(messages)[each.indexOf(Math.max(...each))]!;
          return windowGradient(model, worst, size, tokens, options);
        },
      }),
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
