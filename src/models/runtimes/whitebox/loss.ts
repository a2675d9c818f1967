/** @file The loss −Σ weight · log p(target) over chosen positions, and its gradients on the way back. */
import { Scope, type DeviceArray } from '../../arrays/array-device.ts';
import type { Engine } from './engine.ts';

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

export async function lossGradients(
  { device, programs, weights, config }: Host,
  x: DeviceArray,
  scored: readonly Scored[],
  withWeights: boolean,
): Promise<LossGradients> {
  return Scope.with(async (scope) => {
    const ints = (list: readonly number[]) => scope.own(device.uploadInts([list.length], list));
    const dLogProbs = Float32Array.from(scored, ({ weight }) => -weight);
    const out = scope.ownAll(
      await programs.logProbsVjp(withWeights).run({
        ...{ x, norm: weights.norm, head: weights.head },
        at: ints(scored.map(({ at }) => at)),
        targets: ints(scored.map(({ target }) => target)),
        d_log_probs: scope.own(device.upload([scored.length, 1], dLogProbs)),
      }),
    );
    const logProbs = await device.read(out['log_probs']!);
    const loss = scored.reduce((sum, { weight }, i) => sum - weight * logProbs[i]!, 0);
    const positions = scored.map(({ at }) => at);
    const dX = await placeRows({ device, programs }, out['d_chosen']!, positions, x.shape[0]!);
    if (!withWeights) return { loss, dX, weights: null };
    const head = await device.read(out['d_head']!);
    const states = await device.read(out['states']!);
    const { hiddenSize } = config;
    scored.forEach(({ target }, i) => {
      for (let j = 0; j < hiddenSize; j++)
        head[target * hiddenSize + j]! += dLogProbs[i]! * states[i * hiddenSize + j]!;
    });
    return { loss, dX, weights: { norm: await device.read(out['d_norm']!), head } };
  });
}

/** Rows at their positions among `count`, zeros elsewhere; the caller owns the result. */
export async function placeRows(
  { device, programs }: Pick<Host, 'device' | 'programs'>,
  chosen: DeviceArray,
  positions: readonly number[],
  count: number,
): Promise<DeviceArray> {
  const selection = new Float32Array(positions.length * count);
  positions.forEach((at, i) => (selection[i * count + at] = 1));
  return Scope.with(async (scope) => {
    const select = scope.own(device.upload([positions.length, count], selection));
    return (await programs.get('place').run({ chosen, selection: select }))['placed']!;
  });
}
