/** @file What a model is computed on, and whether the graphics adapter has half-precision shaders. */

export interface ComputeDevice {
  readonly kind: 'wasm' | 'webgpu';
  /** True if the graphics adapter has half-precision shaders (`shader-f16`). */
  readonly f16: boolean;
}

export const processor: ComputeDevice = { kind: 'wasm', f16: false };

/** @param kind that the lab is set to */
export const computeDeviceOf = async (kind: ComputeDevice['kind']): Promise<ComputeDevice> =>
  (kind === 'webgpu' ? await askAdapter() : null) ?? processor;

/** The graphics adapter; `null` where there is none. */
export async function askAdapter(): Promise<ComputeDevice | null> {
  // Both may be missing, although their types say otherwise.
  const { gpu } = (globalThis.navigator ?? {}) as { readonly gpu?: GPU };
  const adapter = await gpu?.requestAdapter();
  return adapter ? { kind: 'webgpu', f16: adapter.features.has('shader-f16') } : null;
}
