/**
 * @file In which precision a model computes: what there is, which one a device gets, and why, in words for the page and
 * the command line. Pure.
 */
import type { ComputeDevice } from './compute-device.ts';

/** Of products and weights. In `q4` and `q4f16` matrices are stored in blocks of four bits, `q8` has eight. */
export const precisions = ['float32', 'float16', 'q8', 'q4', 'q4f16'] as const;
export type ComputePrecision = (typeof precisions)[number];

export const precisionWords: Readonly<Record<ComputePrecision, string>> = {
  float32: 'single precision (float32)',
  float16: 'half precision (float16)',
  q8: '8-bit weights',
  q4: '4-bit weights, computed in single precision',
  q4f16: '4-bit weights, computed in half precision',
};

/** What the user asks for; `auto` leaves it to the lab. */
export const precisionWishes = ['auto', 'float32', 'float16', 'q4f16'] as const;
export type PrecisionWish = (typeof precisionWishes)[number];

/** What is computed in, and why, as a sentence. */
export interface ChosenPrecision {
  readonly precision: ComputePrecision;
  readonly why: string;
}

/** What a stored model can be computed in. */
export interface OfferedPrecisions {
  readonly offered: readonly ComputePrecision[];
  /** Why it has no half precision, as a sentence; `null` if it has. */
  readonly withoutHalf: string | null;
}

const isHalf = (precision: ComputePrecision) => precision === 'float16' || precision === 'q4f16';

/** Why the device cannot compute in what was asked for; `null` if it can. */
function obstacle(
  wish: ComputePrecision,
  { offered, withoutHalf }: OfferedPrecisions,
  { kind, f16 }: ComputeDevice,
): string | null {
  if (isHalf(wish) && kind === 'wasm') return onProcessor;
  if (isHalf(wish) && !f16) return withoutShaders;
  if (offered.includes(wish)) return null;
  if (isHalf(wish) && withoutHalf !== null) return withoutHalf;
  return wish === 'q4f16'
    ? 'No 4-bit form of it was made when it was imported: to have one, delete it and import it again.'
    : `It is not stored in ${precisionWords[wish]}.`;
}

const onProcessor =
  'The processor computes in single precision: block-quantised products took 4 to 9 times longer there, and half precision has no products of its own.';
const withoutShaders =
  'This graphics adapter has no half-precision shaders (shader-f16), so it computes in single precision.';

/** The precision in which a device computes a stored model. A wish that cannot be met is answered with the reason. */
export function choosePrecision(
  model: OfferedPrecisions,
  device: ComputeDevice,
  wish: PrecisionWish = 'auto',
): ChosenPrecision {
  if (wish !== 'auto') {
    const refusal = obstacle(wish, model, device);
    if (refusal === null) return { precision: wish, why: 'You chose it.' };
    const { precision, why } = choosePrecision(model, device);
    return { precision, why: why === refusal ? why : `${refusal} ${why}` };
  }
  if (device.kind === 'wasm') return { precision: 'float32', why: onProcessor };
  if (!device.f16) return { precision: 'float32', why: withoutShaders };
  if (model.offered.includes('q4f16'))
    return {
      precision: 'q4f16',
      why: 'It has a 4-bit form, which reads the fewest bytes per token on a graphics processor.',
    };
  if (model.offered.includes('float16'))
    return {
      precision: 'float16',
      why: 'This graphics adapter has half-precision shaders (shader-f16), which take half the memory and time per weight.',
    };
  return { precision: 'float32', why: model.withoutHalf ?? 'It is stored for single precision only.' };
}

/** A 4-bit form pays off from here on: half precision takes a gigabyte of graphics memory. */
const largeParameters = 5e8;

/** Whether to make a 4-bit form of a model when it is imported, and why, as a sentence. */
export function chooseFourBit(
  parameters: number,
  device: ComputeDevice,
): { readonly make: boolean; readonly why: string } {
  const size = `${(parameters / 1e6).toFixed(0)} million parameters`;
  if (device.kind === 'wasm')
    return {
      make: false,
      why: 'No 4-bit form: the lab is set to the processor, where 4-bit products take 4 to 9 times longer.',
    };
  if (!device.f16)
    return { make: false, why: 'No 4-bit form: this graphics adapter has no half-precision shaders.' };
  return parameters < largeParameters
    ? {
        make: false,
        why: `No 4-bit form: with ${size}, half precision is fast enough and nearer to the original.`,
      }
    : {
        make: true,
        why: `A 4-bit form beside half precision: with ${size} it saves most of the memory and time.`,
      };
}
