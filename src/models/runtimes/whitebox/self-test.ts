/** @file A short run after loading on WebGPU, which checks nothing itself and fails silently. */
import { z } from 'zod';
import { LabError } from '../../../core/errors.ts';
import type { JaxModel } from './model.ts';

/** `selftest.json` of a model folder: token ids, and the logits after the last of them. */
const selfTestFile = z.object({
  ids: z.array(z.int().nonnegative()).min(1),
  logits: z.array(z.number()).min(1),
});

/** Largest share of the largest logit by which two computations in float32 may differ. */
const tolerance = 1e-3;
/** Against stored logits, in logits. */
const storedTolerance = 1e-2;

/** Last logits of a prompt: read at once, or with its last token read as a decode step. */
async function lastLogits(model: JaxModel, ids: readonly number[], stepwise: boolean): Promise<Float32Array> {
  const session = await model.open([stepwise ? ids.slice(0, -1) : ids]);
  if (stepwise) await session.advance(ids.slice(-1));
  const logits = session.logits(0).slice();
  await session.close();
  return logits;
}

function farthest(a: Float32Array, b: ArrayLike<number>): number {
  let most = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i++) {
    const gap = Math.abs(a[i]! - b[i]!);
    if (!(gap <= most)) most = gap; // NaN counts as the farthest
  }
  return most;
}

/**
 * The logits of 40 tokens must come out the same read at once and with a decode step, and as they were stored with
 * the model if they were.
 * @param stored parsed `selftest.json`, or `null`
 * @throws LabError 'no-webgpu' if they do not
 */
export async function selfTest(model: JaxModel, stored: unknown): Promise<void> {
  const fail = (what: string): never => {
    throw new LabError('no-webgpu', `${model.id} gives wrong results on this graphics device: ${what}.`, {
      advice: 'Switch the device to the processor (WASM).',
    });
  };
  const ids = Array.from({ length: 40 }, (_, i) => (i * 7919 + 11) % model.tokenizer.vocabSize);
  const whole = await lastLogits(model, ids, false);
  const size = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  if (!(farthest(whole, await lastLogits(model, ids, true)) <= tolerance * size))
    fail('a prompt read at once and token by token comes out differently');
  const known = selfTestFile.safeParse(stored);
  if (!known.success) return;
  const logits = await lastLogits(model, known.data.ids, false);
  if (!(farthest(logits, known.data.logits) <= storedTolerance))
    fail('they differ from those stored with the model');
}
