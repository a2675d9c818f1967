/** @file The loss −Σ weight · log p(target) over chosen positions, and its gradients on the way back. */
import { Scope, type ArrayDevice, type DeviceArray } from '../../arrays/array-device.ts';
import type { Engine } from './engine.ts';
import { positionsPerRun } from './scoring.ts';

/** A token to be predicted, and the flat position that predicts it. */
export interface Scored {
  readonly at: number;
  readonly target: number;
  readonly weight: number;
}

export interface LossGradients {
  readonly loss: number;
  /** Of the stream after the last layer, [N, d]; the caller owns it. */
  readonly dX: DeviceArray;
  /** Of the final norm, [d], and of the head, [V, d]; `null` if not asked for. */
  readonly weights: { readonly norm: Float32Array; readonly head: Float32Array } | null;
}

type Host = Pick<Engine, 'device' | 'programs' | 'weights' | 'config'>;

/** @param x the stream after the last layer, [N, d], lent. @returns its gradient, which the caller owns */
export const lossGradient = async (
  host: Host,
  x: DeviceArray,
  scored: readonly Scored[],
): Promise<DeviceArray> => (await lossGradients(host, x, scored, false)).dX;

/** Takes some positions at a time, since logits are large. */
export async function lossGradients(
  { device, programs, weights, config }: Host,
  x: DeviceArray,
  scored: readonly Scored[],
  withWeights: boolean,
): Promise<LossGradients> {
  const { hiddenSize } = config;
  const stream = new Float32Array(x.shape[0]! * hiddenSize);
  const norm = new Float32Array(withWeights ? hiddenSize : 0);
  const head = new Float32Array(withWeights ? weights.head.shape[0]! * hiddenSize : 0);
  let loss = 0;
  const size = positionsPerRun(config);
  for (let start = 0; start < scored.length; start += size) {
    const some = scored.slice(start, start + size);
    await Scope.with(async (scope) => {
      const ints = (list: readonly number[]) => scope.own(device.uploadInts([list.length], list));
      const dLogProbs = Float32Array.from(some, ({ weight }) => -weight);
      const out = scope.ownAll(
        await programs.logProbsVjp(withWeights).run({
          ...{ x, norm: weights.norm, head: weights.head },
          at: ints(some.map(({ at }) => at)),
          targets: ints(some.map(({ target }) => target)),
          d_log_probs: scope.own(device.upload([some.length, 1], dLogProbs)),
        }),
      );
      const logProbs = await device.read(out['log_probs']!);
      some.forEach(({ weight }, i) => (loss -= weight * logProbs[i]!));
      addRows(
        stream,
        await device.read(out['d_chosen']!),
        hiddenSize,
        some.map(({ at }) => at),
      );
      if (!withWeights) return;
      addTo(norm, await device.read(out['d_norm']!));
      addTo(head, await device.read(out['d_head']!));
      const states = await device.read(out['states']!);
      for (let i = 0; i < states.length; i++) states[i]! *= dLogProbs[Math.floor(i / hiddenSize)]!;
      addRows(
        head,
        states,
        hiddenSize,
        some.map(({ target }) => target),
      );
    });
  }
  const dX = device.upload(x.shape, stream);
  return { loss, dX, weights: withWeights ? { norm, head } : null };
}

/** Add `values` to `sum`, one by one. */
export function addTo(sum: Float32Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
}

/** Add row i of `rows` to row `at[i]` of `sum`. */
export function addRows(sum: Float32Array, rows: Float32Array, width: number, at: ArrayLike<number>): void {
  for (let i = 0; i < at.length; i++)
    for (let j = 0; j < width; j++) sum[at[i]! * width + j]! += rows[i * width + j]!;
}

/** Rows at their positions among `count`, zeros elsewhere; the caller owns the result. */
export function placeRows(
  device: ArrayDevice,
  rows: Float32Array,
  width: number,
  { at, count }: { readonly at: readonly number[]; readonly count: number },
): DeviceArray {
  const placed = new Float32Array(count * width);
  addRows(placed, rows, width, at);
  return device.upload([count, width], placed);
}
