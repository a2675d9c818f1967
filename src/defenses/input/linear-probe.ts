import { z } from 'zod';
import { allOwnWords, user } from '../../core/chat.ts';
import { crossEntropy, fitLogistic, logit, logOdds, sigmoid, type Logistic } from '../../core/logistic.ts';
import { LabError } from '../../core/errors.ts';
import { arxiv } from '../../core/method.ts';
import { number } from '../../core/options.ts';
import { rocOf, rocSchema } from '../../core/roc.ts';
import { auroc, mean } from '../../core/statistics.ts';
import { rounded } from '../../core/vectors.ts';
import { lastStreams, type Stream } from '../../models/directions.ts';
import type { Abortable } from '../../models/language-model.ts';
import {
  benignTexts,
  calibrationDetail,
  detectionBy,
  calibrationOptions,
  calibrationSchema,
  thresholdAbove,
} from '../consulting/calibration.ts';
import { splitContrast, type RequestPair } from '../consulting/split.ts';
import { aroundModel, artifactOf, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { accepted, underEdit, weightEditOf } from '../generation/edits.ts';
import { oneHotGradient, placeOf } from '../generation/span-gradient.ts';

const artifactSchema = calibrationSchema.extend({
  /** The layer boundary that is read, and the regression on its state at the last token of a request. */
  boundary: z.int().positive(),
  weights: z.array(z.number()).min(1),
  bias: z.number(),
  /** Pairs of requests that the regression was fitted to. */
  training: z.int().positive(),
  /** How it tells apart the pairs by which the layer was chosen; of the training pairs where there are no others. */
  validation: z.strictObject({
    pairs: z.int().nonnegative(),
    area: z.number(),
    crossEntropy: z.number().nonnegative(),
  }),
  /** Of held-out harmful requests against the benign ones of the calibration; `null` where there are none of either. */
  roc: rocSchema.nullable(),
  /** Area under the curve of held-out harmful requests against their own harmless counterparts. */
  pairArea: z.number().nullable(),
});

const tooFew = new LabError(
  'bad-input',
  'A probe cannot be calibrated on the one pair that it learned from.',
  {
    advice: 'Give two pairs of requests or more, or benign requests for calibration.',
  },
);

/** Log-odds of harm for each stream. */
const scores = (probe: Logistic, boundary: number, streams: readonly Stream[]): readonly number[] =>
  streams.map((stream) => logOdds(probe, stream[boundary]!));

interface Streams {
  readonly harmful: readonly Stream[];
  readonly harmless: readonly Stream[];
}

/** How well a probe tells two kinds of requests apart: area under the ROC curve, and mean cross-entropy in nats. */
function quality(probe: Logistic, boundary: number, { harmful, harmless }: Streams) {
  const [above, below] = [scores(probe, boundary, harmful), scores(probe, boundary, harmless)];
  const losses = [...above.map((x) => crossEntropy(x, 1)), ...below.map((x) => crossEntropy(x, 0))];
  return { area: auroc(above, below)!.area, crossEntropy: mean(losses) };
}

/** The probe of the layer boundary that is best on `validation`: by area, then by cross-entropy, then the earliest. */
function bestProbe(training: Streams, validation: Streams, ridge: number) {
  const targets = [...training.harmful.map(() => 1), ...training.harmless.map(() => 0)];
  const boundaries = [...training.harmful[0]!.keys()].slice(1);
  const probes = boundaries.map((boundary) => {
    const points = [...training.harmful, ...training.harmless].map((stream) => stream[boundary]!);
    const { weights, bias } = fitLogistic(points, targets, { ridge });
    const probe = { weights: rounded(weights), bias };
    return { boundary, probe, ...quality(probe, boundary, validation) };
  });
  return probes.reduce((best, next) =>
    next.area > best.area || (next.area === best.area && next.crossEntropy < best.crossEntropy) ? next : best,
  );
}

/**
 * Reads the hidden state of the model at the last token of a request, before any answer, and declines what a logistic
 * regression on it takes for harmful. It is fitted to pairs of requests at every layer; other pairs choose the layer,
 * and benign requests of a third kind the threshold. Each user turn is read on its own; the highest probability counts.
 */
export const linearProbe = defineDefense({
  id: 'linear-probe',
  title: 'Linear probe',
  paper: arxiv('1610.01644', 'Understanding intermediate layers using linear classifier probes'),
  summary: 'Declines requests that a linear classifier on the model’s hidden states takes for harmful.',
  differs:
    'The paper asks with such probes what each layer of an image classifier knows, and defends nothing; that ' +
    'hidden states before the answer tell harmful requests from harmless ones is from another, ' +
    'https://arxiv.org/abs/2406.05644. The ridge penalty, the choice of the layer, the threshold and the ' +
    'refusal are ours.',
  access: 'white-box',
  stage: 'input',
  needs: [],
  taxonomy: aroundModel,
  options: {
    ...calibrationOptions,
    ridge: number({
      description: 'Weight of the ridge penalty beside the mean cross-entropy, on standardized states.',
      default: 0.01,
      min: 1e-6,
      max: 100,
    }),
  },
  artifactSchema,
  async prepare(model, contrast, { falsePositives, calibration, ridge }, { random, signal, onProgress }) {
    const parts = splitContrast(contrast, random);
    const { training, heldOut } = parts;
    const validation = parts.validation.length > 0 ? parts.validation : training;
    const { requests, texts } = benignTexts(
      { ...contrast, harmless: heldOut.map(({ harmless }) => harmless) },
      calibration,
    );
    if (requests.length === 0) throw tooFew;
    const total = 2 * (training.length + parts.validation.length + heldOut.length) + requests.length;
    let done = 0;
    const read = async (words: readonly string[]): Promise<readonly Stream[]> => {
      const streams: Stream[] = [];
      for (const request of words) {
        streams.push(...(await lastStreams(model, [request], { signal })));
        onProgress?.(++done, total);
      }
      return streams;
    };
    const readPairs = async (pairs: readonly RequestPair[]): Promise<Streams> => ({
      harmful: await read(pairs.map(({ harmful }) => harmful)),
      harmless: await read(pairs.map(({ harmless }) => harmless)),
    });
    const learned = await readPairs(training);
    const { boundary, probe, area, crossEntropy } = bestProbe(
      learned,
      validation === training ? learned : await readPairs(validation),
      ridge,
    );
    const measured = await readPairs(heldOut);
    const benign = scores(probe, boundary, await read(requests));
    const harmful = scores(probe, boundary, measured.harmful);
    return {
      boundary,
      ...probe,
      ...thresholdAbove(benign.map(sigmoid), falsePositives),
      texts,
      training: training.length,
      validation: { pairs: parts.validation.length, area, crossEntropy },
      roc: rocOf(harmful, benign),
      pairArea: auroc(harmful, scores(probe, boundary, measured.harmless))?.area ?? null,
    };
  },
  view(model, _options, context) {
    const artifact = artifactOf(context, artifactSchema, 'linear-probe');
    const { boundary, weights, threshold } = artifact;
    const oddsOf = async (words: readonly string[], { signal }: Abortable) =>
      scores(artifact, boundary, await lastStreams(model, words, { signal }));
    return {
      /** Log-odds of harm. */
      excess: async (messages, options) =>
        Math.max(...(await oddsOf(allOwnWords(messages), options))) - logit(threshold),
      async excessGradient(messages, tokens, { signal }) {
        const words = allOwnWords(messages);
        const odds = await oddsOf(words, { signal });
        const prompt = model.tokenizer.prompt([user(words[odds.indexOf(Math.max(...odds))]!)]);
        const start = placeOf(tokens, prompt);
        if (start < 0) return null;
        const read = { position: prompt.length - 1, boundary, values: Float32Array.from(weights) };
        const slopes = await model.inputGradient(prompt, { hidden: [read] }, { signal });
        const width = slopes.length / prompt.length;
        const own = slopes.subarray(start * width, (start + tokens.length) * width);
        return oneHotGradient(model, own, tokens.length, { signal });
      },
    };
  },
  wrap(model, _options, context) {
    const artifact = artifactOf(context, artifactSchema, 'linear-probe');
    const { boundary, weights, threshold, roc, pairArea } = artifact;
    accepted(model, { residual: [{ boundaries: [boundary], add: weights }] }, 'linear-probe');
    return {
      ...blackBox(model, 'linear-probe'),
      async generate(messages, options) {
        const words = allOwnWords(messages);
        const { signal } = options;
        const streams = await underEdit(model, weightEditOf(options), (reader) =>
          lastStreams(reader, words, { signal }),
        );
        const probability = Math.max(0, ...scores(artifact, boundary, streams).map(sigmoid));
        const read = words.map((text) => model.tokenizer.prompt([user(text)]).length);
        const event = {
          defense: 'linear-probe',
          detail: {
            probability,
            threshold,
            boundary,
            ...(roc && { heldOutAuroc: roc.area }),
            ...(pairArea !== null && { heldOutPairsAuroc: pairArea }),
            ...calibrationDetail(artifact),
          },
          detection: detectionBy(probability, artifact),
          cost: { queries: words.length, tokens: read.reduce((sum, length) => sum + length, 0) },
        };
        if (probability > threshold)
          return blocked({
            ...event,
            action: 'blocked',
            reason: `After layer ${boundary} the request looked harmful.`,
          });
        const reply = await model.generate(messages, options);
        const reason = 'The request did not look harmful from inside the model.';
        return withEvent(reply, { ...event, action: 'passed', reason }, 'start');
      },
    };
  },
});
