import { z } from 'zod';
import { allOwnWords, system, user } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { arxiv } from '../../core/method.ts';
import { integer, number, text } from '../../core/options.ts';
import { rocOf, rocSchema } from '../../core/roc.ts';
import type { ChatTokenizer } from '../../models/chat-tokenizer.ts';
import type { ScoringRequest, WhiteBoxModel } from '../../models/language-model.ts';
import {
  benignTexts,
  calibrationDetail,
  detectionBy,
  calibrationOptions,
  calibrationSchema,
  thresholdAbove,
} from '../consulting/calibration.ts';
import { aroundModel, artifactOf, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { underEdit, weightEditOf } from '../generation/edits.ts';
import { criticalSlices, likeness, sliceSchema } from './grad-safe/slices.ts';

const artifactSchema = z.strictObject({
  slices: z.array(sliceSchema).min(1),
  /** Slices whose gap is large enough, of which the largest are kept, and slices of all matrices. */
  found: z.int().positive(),
  all: z.int().positive(),
  /** Of benign requests; a cosine may be negative. `null` where the threshold is given. */
  calibration: calibrationSchema.extend({ threshold: z.number().min(-1).max(1) }).nullable(),
  /** Of harmful requests that are no references against the benign ones of the calibration. */
  roc: rocSchema.nullable(),
});

interface Asking {
  readonly systemPrompt: string;
  readonly compliance: string;
}

/** The loss whose gradient is compared: that of complying with `words`. */
const requestOf = (
  tokenizer: ChatTokenizer,
  words: string,
  { systemPrompt, compliance }: Asking,
): ScoringRequest => ({
  prompt: tokenizer.prompt([...(systemPrompt === '' ? [] : [system(systemPrompt)]), user(words)], {
    atAnswer: true,
  }),
  target: tokenizer.encode(compliance),
});

/**
 * Compares the gradient of the loss of complying with a request to the mean gradient of a few harmful ones, in those rows
 * and columns of the weights in which harmful requests are alike and harmless ones are not; declines what is alike.
 * Each user turn is read on its own; the highest likeness counts.
 */
export const gradSafe = defineDefense({
  id: 'grad-safe',
  title: 'GradSafe',
  paper: arxiv(
    '2402.13494',
    'GradSafe: Detecting Jailbreak Prompts for LLMs via Safety-Critical Gradient Analysis',
  ),
  summary: 'Declines requests whose gradients in safety-critical weights resemble those of harmful ones.',
  differs:
    'This is the paper’s variant without training (GradSafe-Zero). The references are drawn from the requests ' +
    'that defenses learn from; of the slices with a large enough gap only those with the largest are kept, so ' +
    'that a file can hold them; the system prompt is in our words; the loss ends with the compliance and does not ' +
    'count the end of the turn, as the authors’ code does. If the template opens a thought, the compliance is ' +
    'scored behind an empty one. The threshold is calibrated unless it is given.',
  access: 'white-box',
  stage: 'input',
  needs: [],
  taxonomy: aroundModel,
  options: {
    threshold: number({
      description: 'Cosine above which a request is declined (paper: 0.25); 0 takes it from the calibration.',
      default: 0,
      min: 0,
      max: 1,
    }),
    ...calibrationOptions,
    references: integer({
      description: 'Harmful reference requests, and as many harmless ones (paper: 2).',
      default: 2,
      min: 1,
      max: 50,
      unit: 'requests',
    }),
    gap: number({
      description:
        'Slices count in which the mean cosine of harmful references with their mean exceeds that of harmless ones by more (paper: 1).',
      default: 1,
      min: 0,
      max: 2,
    }),
    mostSlices: integer({
      description: 'Most slices that are kept, those with the largest gap first.',
      default: 1000,
      min: 1,
      max: 100_000,
      unit: 'slices',
    }),
    compliance: text({ description: 'The compliant answer whose loss is differentiated.', default: 'Sure' }),
    systemPrompt: text({
      description: 'System turn in front of the request; empty for none.',
      default: 'You are a helpful assistant. Help with this request:',
    }),
  },
  artifactSchema,
  async prepare(model, contrast, options, { random, signal, onProgress }) {
    const { references, gap, mostSlices, falsePositives } = options;
    const order = random.shuffle([...contrast.harmful.keys()]);
    const ask = (words: string) => requestOf(model.tokenizer, words, options);
    const chosen = order.slice(0, references);
    const { slices, found, all } = await criticalSlices(
      model,
      {
        harmful: chosen.map((i) => ask(contrast.harmful[i]!)),
        harmless: chosen.map((i) => ask(contrast.harmless[i]!)),
      },
      { leastGap: gap, most: mostSlices },
      { signal },
    );
    if (slices.length === 0) throw nothingApart(model, gap);
    const learned = { slices, found, all };
    if (options.threshold !== 0) return { ...learned, calibration: null, roc: null };
    const rest = order.slice(references);
    const { requests, texts } = benignTexts(
      { ...contrast, harmless: rest.map((i) => contrast.harmless[i]!) },
      options.calibration,
    );
    if (requests.length === 0) throw tooFew;
    const heldOut = rest.slice(0, requests.length).map((i) => contrast.harmful[i]!);
    const scores: number[] = [];
    for (const words of [...requests, ...heldOut]) {
      scores.push(await likeness(model, slices, ask(words), { signal }));
      onProgress?.(scores.length, requests.length + heldOut.length);
    }
    const [benign, harmful] = [scores.slice(0, requests.length), scores.slice(requests.length)];
    return {
      ...learned,
      calibration: { ...thresholdAbove(benign, falsePositives), texts },
      roc: rocOf(harmful, benign),
    };
  },
  wrap(model, options, context) {
    const { slices, calibration, roc } = artifactOf(context, artifactSchema, 'grad-safe');
    const threshold = options.threshold === 0 ? calibration?.threshold : options.threshold;
    if (threshold === undefined)
      throw new LabError('bad-input', 'What "grad-safe" learned has no calibrated threshold.', {
        advice: 'Give a "threshold", or leave its "artifact" out, so that it is learned anew.',
      });
    return {
      ...blackBox(model, 'grad-safe'),
      async generate(messages, request) {
        const { signal } = request;
        const asked = allOwnWords(messages).map((words) => requestOf(model.tokenizer, words, options));
        const cosines = await underEdit(model, weightEditOf(request), async (reader) => {
          const found: number[] = [];
          for (const one of asked) found.push(await likeness(reader, slices, one, { signal }));
          return found;
        });
        const highest = Math.max(-1, ...cosines);
        const event = {
          defense: 'grad-safe',
          detail: {
            cosine: highest,
            threshold,
            slices: slices.length,
            ...(roc && { heldOutAuroc: roc.area }),
            ...(options.threshold === 0 && calibration && calibrationDetail(calibration)),
          },
          detection: detectionBy(
            highest,
            options.threshold === 0 && calibration ? calibration : { threshold },
          ),
          cost: {
            queries: asked.length,
            tokens: asked.reduce((sum, { prompt, target }) => sum + prompt.length + target.length, 0),
          },
        };
        if (highest > threshold) {
          const reason = 'Complying with the request would change what complying with harmful ones changes.';
          return blocked({ ...event, action: 'blocked', reason });
        }
        const reason = 'Its gradients are unlike those of harmful requests.';
        return withEvent(
          await model.generate(messages, request),
          { ...event, action: 'passed', reason },
          'start',
        );
      },
    };
  },
});

const nothingApart = ({ id }: WhiteBoxModel, gap: number) =>
  new LabError(
    'bad-input',
    `No slice of the gradients of ${id} tells the references apart by more than ${gap}.`,
    {
      advice: 'Give a smaller "gap", or other requests to learn from.',
    },
  );

const tooFew = new LabError('bad-input', 'No benign request is left to calibrate GradSafe on.', {
  advice: 'Give fewer references, benign requests for calibration, or a "threshold".',
});
