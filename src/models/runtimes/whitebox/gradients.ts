/** @file Hidden states of a model, and gradients with respect to its inputs. */
import type { numpy as np } from '@jax-js/jax';
import { LabError } from '../../../core/errors.ts';
import { turn } from '../../decoding/join.ts';
import type { Abortable, SpanRequest } from '../../language-model.ts';
import { float32, int32 } from './device.ts';
import {
  backToEmbeddings,
  checkPrompt,
  checkRequest,
  disposeCaches,
  readTokens,
  readTokensSaving,
  type Engine,
} from './engine.ts';
import { arrangeScored, bucket, padRows } from './shapes.ts';
import { finalOf } from './weights.ts';

/** @returns as `tokenGradient` of the contract: the embedding gradient of each span token times the embedding. */
export async function tokenGradient(
  engine: Engine,
  request: SpanRequest,
  options: Abortable = {},
): Promise<Float32Array> {
  const { start, end } = request;
  const { programs, execution, config, limits } = engine;
  const dX = await targetLossGradient(engine, request, options);
  const span = Array.from({ length: bucket(end - start) }, (_, i) => Math.min(start + i, end - 1));
  const rows = await execution.read(
    programs.vocabularyGradient(dX, int32(span), engine.weights.embedding.ref),
  );
  return trimRows(rows, end - start, config.vocabSize, limits.vocabSize);
}

/** @returns as `embeddingGradient` of the contract */
export async function embeddingGradient(
  engine: Engine,
  request: SpanRequest,
  options: Abortable = {},
): Promise<Float32Array> {
  const { hiddenSize } = engine.config;
  const dX = await targetLossGradient(engine, request, options);
  const values = await engine.execution.read(dX);
  return values.slice(request.start * hiddenSize, request.end * hiddenSize);
}

/** Gradient of the target loss with respect to every embedding of prompt and target, [1, T, d]. */
async function targetLossGradient(
  engine: Engine,
  request: SpanRequest,
  { signal }: Abortable,
): Promise<np.Array> {
  const { prompt, target } = request;
  checkRequest(engine, request);
  checkSpan(request);
  await turn();
  signal?.throwIfAborted();
  const inputs = [...prompt, ...target.slice(0, -1)];
  const weight = 1 / target.length;
  const scored = target.map((id, t) => ({ position: prompt.length - 1 + t, target: id, weight }));
  const { positions, targets, weights } = arrangeScored(scored, bucket(target.length), bucket(inputs.length));
  return inputGradient(engine, inputs, (x) =>
    engine.programs.lossGradientInput(
      finalOf(engine.weights),
      x,
      int32(positions),
      int32(targets),
      float32(weights),
    ),
  );
}

function checkSpan({ prompt, start, end }: SpanRequest): void {
  const ordered = 0 <= start && start < end && end <= prompt.length;
  if (ordered && Number.isInteger(start) && Number.isInteger(end)) return;
  const message = `There is no span [${start}, ${end}) in a prompt of ${prompt.length} tokens.`;
  throw new LabError('bad-input', message, {
    advice: 'Give a span that lies within the prompt and holds at least one token.',
  });
}

/**
 * The residual stream at each layer boundary, as Python's `output_hidden_states`: the embedding first; the last one
 * after the final norm. Each is row-major, [L, d].
 */
export async function hiddenStates(
  engine: Engine,
  prompt: readonly number[],
  { signal }: Abortable = {},
): Promise<Float32Array[]> {
  checkPrompt(engine, prompt);
  await turn();
  signal?.throwIfAborted();
  const { programs, execution, weights, config, contexts } = engine;
  const states: np.Array[] = [];
  const width = bucket(prompt.length);
  const ids = int32(padRows([prompt], 1, width), [1, width]);
  const { x, caches } = await contexts.use(width, 0, (at) =>
    readTokens(engine, ids, at, (state) => states.push(state)),
  );
  disposeCaches(caches);
  states.push(programs.finalNorm(weights.final['norm']!.ref, x));
  const data = await Promise.all(states.map((state) => execution.read(state)));
  return data.map((values) => values.slice(0, prompt.length * config.hiddenSize));
}

/**
 * Gradient of ⟨cotangent, h⟩ with respect to the embedding of each prompt token, where h is the last hidden state
 * (after the final norm) at the prompt's last token. Soft prompts are trained by it.
 * @param cotangent shape [d]
 * @returns row-major, [L, d]
 */
export async function hiddenGradient(
  engine: Engine,
  prompt: readonly number[],
  cotangent: Float32Array,
  { signal }: Abortable = {},
): Promise<Float32Array> {
  checkPrompt(engine, prompt);
  const { hiddenSize } = engine.config;
  if (cotangent.length !== hiddenSize)
    throw new RangeError(`A cotangent needs ${hiddenSize} values, not ${cotangent.length}.`);
  await turn();
  signal?.throwIfAborted();
  const dX = await inputGradient(engine, prompt, (x) =>
    engine.programs.finalNormBackward(
      engine.weights.final['norm']!.ref,
      x,
      int32([prompt.length - 1]),
      float32(cotangent.slice()),
    ),
  );
  return (await engine.execution.read(dX)).slice(0, prompt.length * hiddenSize);
}

/**
 * Gradient with respect to the embeddings of one sequence, [1, T, d], T being a bucket.
 * @param lastGradient from the residual stream after the last layer, which it consumes, to its gradient
 */
function inputGradient(
  engine: Engine,
  inputs: readonly number[],
  lastGradient: (x: np.Array) => np.Array,
): Promise<np.Array> {
  const width = bucket(inputs.length);
  return engine.contexts.use(width, 0, async (at) => {
    const ids = int32(padRows([inputs], 1, width), [1, width]);
    const { x, saved } = await readTokensSaving(engine, ids, at);
    return backToEmbeddings(engine, saved, lastGradient(x), at);
  });
}

/** The first `count` rows of `width` values each, cut to `newWidth` values. */
function trimRows(values: Float32Array, count: number, width: number, newWidth: number): Float32Array {
  if (newWidth === width) return values.slice(0, count * width);
  const out = new Float32Array(count * newWidth);
  for (let row = 0; row < count; row++)
    out.set(values.subarray(row * width, row * width + newWidth), row * newWidth);
  return out;
}
