/** @file A short run after loading on WebGPU, which checks nothing itself and fails silently. */
import { LabError } from '../../../core/errors.ts';
import { largestDifference, matchesStoredLogits, probeIds } from '../stored-logits.ts';
import type { LlamaModel } from './model.ts';

/** Largest share of the largest logit by which two computations in float32 may differ. */
const tolerance = 1e-3;

/** Last logits of a prompt: read at once, or with its last token read as a decode step. */
async function lastLogits(
  model: LlamaModel,
  ids: readonly number[],
  stepwise: boolean,
): Promise<Float32Array> {
  const session = await model.open([stepwise ? ids.slice(0, -1) : ids]);
  if (stepwise) await session.advance(ids.slice(-1));
  const logits = session.logits(0).slice();
  await session.close();
  return logits;
}

/**
 * The logits of 40 tokens must be the same read at once and with a decode step, and equal to those stored with the model
 * if there are any.
 * @param stored parsed `selftest.json`, or `null`
 * @throws LabError 'no-webgpu' if they do not
 */
export async function selfTest(model: LlamaModel, stored: unknown): Promise<void> {
  const fail = (what: string): never => {
    throw new LabError('no-webgpu', `${model.id} gives wrong results on this graphics device: ${what}.`, {
      advice: 'Switch the device to the processor (WASM).',
    });
  };
  const ids = probeIds(model.tokenizer.vocabSize, 40);
  const whole = await lastLogits(model, ids, false);
  const size = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  if (!(largestDifference(whole, await lastLogits(model, ids, true)) <= tolerance * size))
    fail('a prompt read at once and token by token comes out differently');
  if ((await matchesStoredLogits(stored, (tokens) => lastLogits(model, tokens, false))) === false)
    fail('they differ from those stored with the model');
}
