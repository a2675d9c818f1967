/** @file The success rate of repeated tries as a function of their number, and the power law behind it. */
import { successAtK, type Tries } from '../../../core/success-at-k.ts';
import { fitPowerLaw, type PowerLaw } from '../power-law.ts';

/** Mean success rate over behaviors at k = 1, 2, 4, … up to the fewest tries of any. */
export function successCurve(
  behaviors: readonly Tries[],
): readonly { readonly k: number; readonly rate: number }[] {
  const most = Math.min(...behaviors.map(({ tries }) => tries));
  const curve: { k: number; rate: number }[] = [];
  if (behaviors.length === 0) return curve;
  for (let k = 1; k <= most; k *= 2)
    curve.push({ k, rate: behaviors.reduce((sum, each) => sum + successAtK(each, k), 0) / behaviors.length });
  return curve;
}

/**
 * The law −log(ASR) = scale · k^exponent behind a success curve; the exponent is negative when more tries help.
 * @returns `null` when fewer than two rates lie between 0 and 1
 * @see https://arxiv.org/abs/2412.03556
 */
export const fitSuccessCurve = (behaviors: readonly Tries[]): PowerLaw | null =>
  fitPowerLaw(successCurve(behaviors).map(({ k, rate }) => [k, -Math.log(rate)]));
