/**
 * @file The contract of a text classifier over one that transformers.js has loaded: any graph that takes token ids and a
 * mask and gives one logit per label. Texts that are requested at the same time share runs.
 */
import type { PreTrainedModel, Tensor } from '@huggingface/transformers';
import { LabError } from '../../../core/errors.ts';
import { joinRequests, turn } from '../../decoding/join.ts';
import { softmax } from '../../decoding/sampler.ts';
import type { ModelDescription } from '../../description.ts';
import { labelsOf } from '../../llama.ts';
import type { TextClassifier } from '../../text-classifier.ts';
import { createTextTokenizer, type TextTokenizer } from '../../text-tokenizer.ts';
import { int64 } from './engine.ts';
import { explainRun, failureIn, returnRunFailures } from './errors.ts';
import { canBatch, compareWithStored } from './self-test.ts';
import { readSizes, tokensPerRun, type Sizes } from './sizes.ts';

type Config = ModelDescription['config'];
type Rows = readonly (readonly number[])[];

/** Most texts that wait for the same runs. */
const maxBatch = 64;

/** A classifier as its files describe it, before it is loaded. */
export interface DescribedClassifier extends Pick<TextClassifier, 'id' | 'labels' | 'contextWindow'> {
  readonly tokenizer: TextTokenizer;
  readonly sizes: Sizes;
}

/** @throws LabError 'not-supported' for a model that gives each label a probability of its own; 'bad-model' */
export function describedClassifier(
  id: string,
  { config, tokenizer: files }: ModelDescription,
): DescribedClassifier {
  const labels = readLabels(id, config);
  const sizes = readSizes(config);
  const { model_max_length: maxLength } = files.config;
  const contextWindow = Math.min(sizes.contextWindow, typeof maxLength === 'number' ? maxLength : Infinity);
  return { id, labels, contextWindow, sizes, tokenizer: createTextTokenizer(files) };
}

/**
 * Checks the numbers of the loaded model, and offers it.
 * @param stored the content of its `selftest.json`, if it has one
 * @throws LabError 'bad-model' or 'no-webgpu' if its numbers are wrong
 */
export async function classifierModel(
  { id, labels, contextWindow, tokenizer, sizes }: DescribedClassifier,
  model: PreTrainedModel,
  device: 'wasm' | 'webgpu',
  stored?: unknown,
): Promise<TextClassifier> {
  const logitsOf = createRun(id, model, labels);
  const firstOf = async (rows: Rows) => (await logitsOf(rows))[0]!;
  if (stored) await compareWithStored(id, (ids) => firstOf([ids]), device, stored);
  const mayBatch = await canBatch(id, sizes.vocabSize, firstOf, device);
  const ask = joinTexts(logitsOf, mayBatch ? tokensPerRun(device, sizes) : 1);
  return {
    id,
    labels,
    contextWindow,
    classify: (texts, { signal: stop } = {}) =>
      Promise.all(texts.map((text) => ask({ ids: tokenizer.encode(text, contextWindow), signal: stop }))),
  };
}

function readLabels(id: string, config: Config): readonly string[] {
  const labels = labelsOf(config);
  if (labels.length < 2 || config['problem_type'] === 'multi_label_classification')
    throw new LabError('not-supported', `${id} does not choose one of several labels.`, {
      advice: 'Pick a classifier whose labels exclude each other, such as a prompt guard.',
    });
  return labels;
}

/** @returns a forward pass: token ids, padded at the right here, to one array of logits per row */
function createRun(id: string, model: PreTrainedModel, labels: readonly string[]) {
  returnRunFailures(model);
  return async (rows: Rows): Promise<Float32Array[]> => {
    const width = Math.max(...rows.map((row) => row.length));
    const padded = (valueOf: (token: number) => number) =>
      int64(
        rows.map((row) => Array.from({ length: width }, (_, i) => (i < row.length ? valueOf(row[i]!) : 0))),
      );
    const output = (await model
      .forward({ input_ids: padded((token) => token), attention_mask: padded(() => 1) })
      .catch((error: unknown) => {
        throw explainRun(id, error);
      })) as Record<string, Tensor>;
    const failure = failureIn(output);
    if (failure) throw explainRun(id, failure.error);
    const logits = output['logits']!;
    const data = (logits.type === 'float32' ? logits : logits.to('float32')).data as Float32Array;
    if (data.length !== rows.length * labels.length || !data.every(Number.isFinite))
      throw new LabError('bad-model', `${id} does not give one number per label (${labels.join(', ')}).`, {
        advice:
          'Check that config.json and the graph belong together, or switch the device to the processor.',
      });
    return rows.map((_, row) => data.slice(row * labels.length, (row + 1) * labels.length));
  };
}

interface ClassifyRequest {
  readonly ids: readonly number[];
  readonly signal: AbortSignal | undefined;
}

/** One text to its probabilities; texts that wait at the same time share runs, grouped by similar length. */
function joinTexts(logitsOf: (rows: Rows) => Promise<Float32Array[]>, tokens: number) {
  return joinRequests<ClassifyRequest, Float32Array>(
    async (requests, { resolve, reject }) => {
      const order = [...requests.keys()].sort(
        (a, b) => requests[a]!.ids.length - requests[b]!.ids.length || a - b,
      );
      for (let done = 0; done < order.length; await turn()) {
        const run = [order[done]!];
        for (const next of order.slice(done + 1)) {
          if ((run.length + 1) * requests[next]!.ids.length > tokens) break;
          run.push(next);
        }
        done += run.length;
        const active = run.filter((index) => {
          const stop = requests[index]!.signal;
          if (stop?.aborted) reject(index, stop.reason);
          return !stop?.aborted;
        });
        if (active.length === 0) continue;
        const logits = await logitsOf(active.map((index) => requests[index]!.ids));
        active.forEach((index, row) => resolve(index, softmax(logits[row]!)));
      }
    },
    { maxBatch, groupOf: () => null },
  );
}
