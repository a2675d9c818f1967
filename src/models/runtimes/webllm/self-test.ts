/** @file Checks after loading: the model computes, and its cache can be shortened. WebGPU itself fails silently. */
import { LabError } from '../../../core/errors.ts';
import type { Sequence } from './sequence.ts';

const probes = [1, 2, 3] as const;

/**
 * One token in; the logits must be as many as the vocabulary, finite, and not all alike.
 * @throws LabError 'bad-model' otherwise
 */
export async function selfTest(sequence: Sequence, modelId: string, vocabSize: number): Promise<void> {
  const logits = await sequence.exclusive((read) => read([probes[0]], { fresh: true }));
  const advice =
    'Delete the files of this model and load it again; if it fails again, this GPU computes wrongly.';
  if (logits.length !== vocabSize)
    throw new LabError(
      'bad-model',
      `${modelId} gives ${logits.length} logits where its config says ${vocabSize}.`,
      { advice: 'Library and weights do not belong together; load another version of the model.' },
    );
  if (!logits.every(Number.isFinite))
    throw new LabError('bad-model', `${modelId} computes numbers that are not finite.`, { advice });
  if (logits.every((value) => value === logits[0]))
    throw new LabError('bad-model', `${modelId} predicts the same for every token.`, { advice });
}

/** True if the logits after a token are the same, up to rounding, before and after another token was taken back. */
export async function rollbackWorks(sequence: Sequence): Promise<boolean> {
  const [a, b, c] = probes;
  try {
    return await sequence.exclusive(async (read) => {
      await read([a], { fresh: true });
      const expected = await read([a, b]);
      const other = await read([a, c]);
      const again = await read([a, b]);
      const near = again.every((value, id) => Math.abs(value - expected[id]!) <= 1e-3);
      return near && other.some((value, id) => value !== expected[id]);
    });
  } catch {
    return false;
  }
}
