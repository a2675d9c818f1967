/** @file Short runs after loading: do the numbers of this graph on this device hold, and can it run several rows? */
import { LabError } from '../../../core/errors.ts';
import { largestDifference, matchesStoredLogits, probeIds } from '../stored-logits.ts';
import { release, type Engine, type Output } from './engine.ts';
import { prefill } from './session.ts';

/** Two computations of the same logits may differ by this share of the largest: float32 and half precision. */
const tolerance = { wasm: 1e-3, webgpu: 2e-2 } as const;

const wrongNumbers = (id: string, what: string) =>
  new LabError('no-webgpu', `${id} gives wrong results on this graphics device: ${what}.`, {
    advice: 'Switch the device to the processor (WASM).',
  });

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
  const damaged = (what: string) =>
    new LabError('bad-model', `${id} ${what}.`, { advice: 'Load it again; its folder may be damaged.' });
  const matches = await matchesStoredLogits(file, logitsOf);
  if (matches === null) throw damaged('has a selftest.json that cannot be read');
  if (matches) return;
  throw device === 'webgpu'
    ? wrongNumbers(id, 'they differ from those stored with the model')
    : damaged('does not give the results that are stored with it');
}

/**
 * On WebGPU: a prompt read at once must give the same logits as read in pieces. Some attention kernels silently compute
 * wrong values from 32 new tokens on.
 * @throws LabError 'no-webgpu'
 */
export async function comparePieces(id: string, engine: Engine): Promise<void> {
  const ids = probeIds(engine.vocabSize, 40);
  const whole = await lastLogits(engine, [ids]);
  const pieces = await lastLogits(engine, [ids], 16);
  if (!(largestDifference(whole, pieces) <= tolerance.webgpu * size(whole)))
    throw wrongNumbers(id, 'a prompt read at once and piece by piece comes out differently');
}

/**
 * True if a row gives the same logits alone and beside a longer one.
 * @param firstOf the logits after the last token of the first of some rows
 * @throws LabError 'bad-model' if they are not finite
 */
export async function canBatch(
  id: string,
  vocabSize: number,
  firstOf: (rows: readonly (readonly number[])[]) => Promise<Float32Array>,
  device: 'wasm' | 'webgpu',
): Promise<boolean> {
  const [short, long] = [probeIds(vocabSize, 5), probeIds(vocabSize, 12)];
  const alone = await firstOf([short]);
  if (!alone.every(Number.isFinite))
    throw new LabError('bad-model', `${id} gives values that are not finite numbers.`, {
      advice: 'Load it again, or choose another data type or device; its weights may be damaged.',
    });
  try {
    return largestDifference(alone, await firstOf([short, long])) <= tolerance[device] * size(alone);
  } catch (error) {
    if (error instanceof LabError) throw error;
    return false; // exported for one row at a time
  }
}
