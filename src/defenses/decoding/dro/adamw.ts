/** @file AdamW on one array of parameters in host memory, for problems too small to need the device. */

const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

/** @returns a function that takes a gradient and updates `parameters` in place */
export function createAdamW(
  parameters: Float64Array,
  { learningRate, weightDecay = 0.01 }: { readonly learningRate: number; readonly weightDecay?: number },
): (gradient: ArrayLike<number>) => void {
  const mean = new Float64Array(parameters.length);
  const square = new Float64Array(parameters.length);
  let step = 0;
  return (gradient) => {
    step++;
    for (let i = 0; i < parameters.length; i++) {
      const slope = gradient[i]!;
      mean[i] = beta1 * mean[i]! + (1 - beta1) * slope;
      square[i] = beta2 * square[i]! + (1 - beta2) * slope * slope;
      const unbiased = mean[i]! / (1 - beta1 ** step);
      const size = Math.sqrt(square[i]! / (1 - beta2 ** step)) + epsilon;
      parameters[i]! -= learningRate * (unbiased / size + weightDecay * parameters[i]!);
    }
  };
}

/** `gradient`, scaled down to length `longest` if it is longer. */
export function clipped(gradient: Float64Array, longest: number): Float64Array {
  const length = Math.hypot(...gradient);
  return length > longest ? gradient.map((value) => (value * longest) / length) : gradient;
}
