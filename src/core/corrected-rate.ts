/** @file A rate as found by an imperfect test, corrected for the errors of that test. */
import type { Estimate } from './means.ts';
import { z95 as z } from './statistics.ts';

/** A share and the independent items that it was found on; the count need not be whole. */
export interface Share {
  readonly share: number;
  readonly n: number;
}

const inUnit = (value: number): number => Math.min(1, Math.max(0, value));

/**
 * The rate that is behind a share of yes of a test with these errors (Rogan and Gladen), with the 95 % interval of Lang and
 * Reiczigel, which carries the errors of sensitivity and specificity; both are clipped to [0, 1]. It holds for items on
 * which the test errs as often as on those it was measured on. `null` for a test that is no better than chance. There is no
 * interval where no rate would explain the share: the test errs otherwise here than where it was measured.
 * @param sensitivity share of yes among items that deserve one
 * @param specificity share of no among the others
 * @see https://doi.org/10.1093/oxfordjournals.aje.a112510
 * @see https://doi.org/10.1016/j.prevetmed.2013.09.015
 */
export function correctedRate(observed: Share, sensitivity: Share, specificity: Share): Estimate | null {
  const gain = sensitivity.share + specificity.share - 1;
  if (!(gain > 0 && observed.n > 0 && sensitivity.n > 0 && specificity.n > 0)) return null;
  const n = observed.n + z * z;
  const p = (observed.n * observed.share + (z * z) / 2) / n;
  const se = withOneMoreOfEach(sensitivity);
  const sp = withOneMoreOfEach(specificity);
  const adjustedGain = se.share + sp.share - 1;
  if (!(adjustedGain > 0)) return null;
  const rate = (p + sp.share - 1) / adjustedGain;
  const [seError, spError] = [squaredError(se), squaredError(sp)];
  const shift = 2 * z * z * (rate * seError - (1 - rate) * spError);
  const error = Math.sqrt((p * (1 - p)) / n + rate ** 2 * seError + (1 - rate) ** 2 * spError) / adjustedGain;
  const [low, high] = [rate + shift - z * error, rate + shift + z * error];
  return {
    value: inUnit((observed.share + specificity.share - 1) / gain),
    interval: high <= 0 || low >= 1 ? null : [inUnit(low), inUnit(high)],
  };
}

const withOneMoreOfEach = ({ share, n }: Share): Share => ({ share: (n * share + 1) / (n + 2), n: n + 2 });
const squaredError = ({ share, n }: Share): number => (share * (1 - share)) / n;
