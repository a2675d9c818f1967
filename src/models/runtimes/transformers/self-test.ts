/** @file Short runs after loading that show whether this graph on this device can be trusted, and how to batch it. */
import { z } from 'zod';
import { LabError } from '../../../core/errors.ts';
import { type Engine, type Output, release } from './engine.ts';
import { prefill } from './session.ts';

/** `selftest.json` of a model folder: token ids, and the logits after the last of them. */
const selfTestFile = z.object({
  ids: z.array(z.int().nonnegative()).min(1),
  logits: z.array(z.number()).min(1),
});

/** Two computations of the same logits may differ by this share of the largest: float32 and half precision. */
const tolerance = { wasm: 1e-3, webgpu: 2e-2 } as const;
/** Against stored logits, in logits. */
const storedTolerance = 1e-2;

const wrongNumbers = (id: string, what: string) =>
  new LabError('no-webgpu', `${id} gives wrong results on this graphics device: ${what}.`, {
    advice: 'Switch the device to the processor (WASM).',
  });

function farthest(a: Float32Array, b: ArrayLike<number>): number {
  let most = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i++) {
    const gap = Math.abs(a[i]! - b[i]!);
    if (!(gap <= most)) most = gap; // NaN counts as the farthest
  }
  return most;
}

const size = (logits: Float32Array) => logits.reduce((most, value) => Math.max(most, Math.abs(value)), 1);

/** Last logits of the first row. */
export async function lastLogits(
  engine: Engine,
  rows: readonly (readonly number[])[],
  tokensPerRun = Infinity,
): Promise<Float32Array> {
  const output: Output = await prefill({ engine, tokensPerRun }, rows, { keep: 1 });
  const logits = output.logits(0, 0).slice();
  release(output.past);
  return logits;
}

/** Ids spread over the vocabulary, always the same. */
const probe = (vocabSize: number, length: number) =>
  Array.from({ length }, (_, i) => (i * 7919 + 11) % vocabSize);

/**
 * Compare with logits that were stored when the model was made.
 * @param logitsOf the logits after the last of some tokens
 * @throws LabError 'bad-model' (processor) or 'no-webgpu' (graphics device) if they differ
 */
export async function compareWithStored(
  id: string,
  logitsOf: (ids: readonly number[]) => Promise<Float32Array>,
  device: 'wasm' | 'webgpu',
  file: unknown,
): Promise<void> {
  const parsed = selfTestFile.safeParse(file);
  const damaged = (what: string) =>
    new LabError('bad-model', `${id} ${what}.`, { advice: 'Load it again; its folder may be damaged.' });
  if (!parsed.success) throw damaged('has a selftest.json that cannot be read');
  const logits = await logitsOf(parsed.data.ids);
  if (farthest(logits, parsed.data.logits) <= storedTolerance) return;
  throw device === 'webgpu'
    ? wrongNumbers(id, 'they differ from those stored with the model')
    : damaged('does not give the results that are stored with it');
}

/**
 * On WebGPU: a prompt read at once must give what it gives when read piece by piece. Attention kernels exist that
 * go wrong silently from 32 new tokens on.
 * @throws LabError 'no-webgpu'
 */
export async function comparePieces(id: string, engine: Engine): Promise<void> {
  const ids = probe(engine.vocabSize, 40);
  const whole = await lastLogits(engine, [ids]);
  const pieces = await lastLogits(engine, [ids], 16);
  if (!(farthest(whole, pieces) <= tolerance.webgpu * size(whole)))
    throw wrongNumbers(id, 'a prompt read at once and piece by piece comes out differently');
}

/**
 * Whether a row comes out the same alone and beside a longer one.
 * @param firstOf the logits after the last token of the first of some rows
 */
export async function canBatch(
  vocabSize: number,
  firstOf: (rows: readonly (readonly number[])[]) => Promise<Float32Array>,
  device: 'wasm' | 'webgpu',
): Promise<boolean> {
  const [short, long] = [probe(vocabSize, 5), probe(vocabSize, 12)];
  const alone = await firstOf([short]);
  try {
    return farthest(alone, await firstOf([short, long])) <= tolerance[device] * size(alone);
  } catch (error) {
    if (error instanceof LabError) throw error;
    return false; // exported for one row at a time
  }
}
