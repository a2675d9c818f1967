/** @file Power laws of attacks that get stronger with more tries or more examples, fitted on log–log axes. */

export interface PowerLaw {
  /** y = scale · x^exponent. */
  readonly scale: number;
  readonly exponent: number;
  /** Share of the variance of log y that the law explains; 1 when log y does not vary. */
  readonly rSquared: number;
}

/**
 * Least squares of log y on log x over the points with positive finite x and y.
 * @returns `null` unless two of them differ in x
 */
export function fitPowerLaw(points: readonly (readonly [x: number, y: number])[]): PowerLaw | null {
  const logs = points
    .filter(([x, y]) => x > 0 && y > 0 && Number.isFinite(x) && Number.isFinite(y))
    .map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const meanOf = (axis: 0 | 1) => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [meanX, meanY] = [meanOf(0), meanOf(1)];
  const sumOf = (term: (x: number, y: number) => number) =>
    logs.reduce((sum, [x, y]) => sum + term(x - meanX, y - meanY), 0);
  const spreadX = sumOf((x) => x * x);
  if (logs.length < 2 || spreadX === 0) return null;
  const exponent = sumOf((x, y) => x * y) / spreadX;
  const spreadY = sumOf((_, y) => y * y);
  const residual = sumOf((x, y) => (y - exponent * x) ** 2);
  return {
    scale: Math.exp(meanY - exponent * meanX),
    exponent,
    rSquared: spreadY === 0 ? 1 : 1 - residual / spreadY,
  };
}

/** Tries of one behavior: how many, and how many of them succeeded. */
export interface Tries {
  readonly tries: number;
  readonly successes: number;
}

/**
 * Chance that at least one of `k` of the tries, drawn without repeats, is a success: 1 − C(n−c, k) / C(n, k).
 * @throws RangeError unless 1 ≤ k ≤ tries
 */
export function successAtK({ tries, successes }: Tries, k: number): number {
  if (!(k >= 1 && k <= tries)) throw new RangeError(`No success rate at ${k} of ${tries} tries.`);
  if (tries - successes < k) return 1;
  let miss = 1;
  for (let i = 0; i < successes; i++) miss *= 1 - k / (tries - i);
  return 1 - miss;
}

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
export const fitBestOfN = (behaviors: readonly Tries[]): PowerLaw | null =>
  fitPowerLaw(successCurve(behaviors).map(({ k, rate }) => [k, -Math.log(rate)]));

/** ASR that a fitted law predicts for `k` tries. */
export const forecast = ({ scale, exponent }: PowerLaw, k: number): number =>
  Math.exp(-scale * k ** exponent);
