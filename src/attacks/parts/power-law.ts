/** @file The power law of an attack that gets stronger with more tries or examples, fitted on log–log axes. */

export interface PowerLaw {
  /** y = scale · x^exponent. */
  readonly scale: number;
  readonly exponent: number;
  /** Share of the variance of log y that the law explains; 1 if log y is constant. */
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
