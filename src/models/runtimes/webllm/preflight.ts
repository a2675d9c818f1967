/**
 * @file Checks of device and storage before anything is downloaded. web-llm itself checks most of this too late: for 56
 * of the 86 f16 models of its list, only after the whole download.
 */
import type { ModelRecord } from '@mlc-ai/web-llm';
import { LabError } from '../../../core/errors.ts';

/** The part of `GPUAdapter` that is read. */
export interface AdapterFacts {
  readonly features: { has(feature: string): boolean };
  readonly limits: Pick<GPUSupportedLimits, (typeof limitNames)[number]>;
}
export interface Gpu {
  requestAdapter(options?: GPURequestAdapterOptions): Promise<AdapterFacts | null>;
}

const MiB = 2 ** 20;
const limitNames = [
  'maxComputeWorkgroupStorageSize',
  'maxStorageBuffersPerShaderStage',
  'maxBufferSize',
  'maxStorageBufferBindingSize',
] as const;
/** The lowest limits with which web-llm 0.2.86 starts. */
const leastLimits: Readonly<Record<(typeof limitNames)[number], number>> = {
  maxComputeWorkgroupStorageSize: 32 * 1024,
  maxStorageBuffersPerShaderStage: 10,
  maxBufferSize: 256 * MiB,
  maxStorageBufferBindingSize: 128 * MiB,
};

/** True if the name of a quantization, model or library says that it computes in 16-bit floats. */
export const isF16 = (name = ''): boolean => /q\d+f16/.test(name);

/** By name, because most f16 records do not declare the feature. */
export const needsF16 = (
  record: Pick<ModelRecord, 'model_id' | 'model_lib' | 'required_features'>,
): boolean =>
  isF16(record.model_id) ||
  isF16(record.model_lib) ||
  (record.required_features ?? []).includes('shader-f16');

/** @throws LabError 'no-webgpu' or 'not-supported' if this device cannot run the model. */
export async function checkDevice(record: ModelRecord, gpu: Gpu | undefined): Promise<void> {
  const id = record.model_id;
  const elsewhere = 'Use a browser with WebGPU, or a model of the transformers runtime.';
  if (!gpu)
    throw new LabError('no-webgpu', `${id} runs on WebGPU only, and this browser has none.`, {
      advice: elsewhere,
    });
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new LabError('no-webgpu', `${id} needs a GPU, and the browser found none that it may use.`, {
      advice: `Check that hardware acceleration is on. ${elsewhere}`,
    });

  if (needsF16(record) && !adapter.features.has('shader-f16'))
    throw new LabError(
      'not-supported',
      `${id} computes in 16-bit floats (shader-f16), which this GPU does not offer.`,
      { advice: `Pick ${id.replace(/f16/, 'f32')}, which needs more memory but not this feature.` },
    );
  const missing = (record.required_features ?? []).find((feature) => !adapter.features.has(feature));
  if (missing !== undefined)
    throw new LabError('not-supported', `${id} needs the GPU feature "${missing}", which is missing here.`, {
      advice: elsewhere,
    });

  const least = {
    ...leastLimits,
    maxStorageBufferBindingSize: record.buffer_size_required_bytes ?? leastLimits.maxStorageBufferBindingSize,
  };
  for (const name of limitNames)
    if (adapter.limits[name] < least[name])
      throw new LabError(
        'not-supported',
        `${id} needs ${name} of at least ${least[name]}; this GPU offers ${adapter.limits[name]}.`,
        { advice: `Pick a smaller model. ${elsewhere}` },
      );
}

/** @throws LabError 'quota-exceeded' if the browser says that `bytes` more will not fit. */
export async function checkRoom(
  modelId: string,
  bytes: number,
  storage: Pick<StorageManager, 'estimate'> | undefined,
): Promise<void> {
  const { quota, usage = 0 } = (await storage?.estimate()) ?? {};
  if (quota === undefined || usage + bytes <= quota) return;
  const mb = (count: number) => `${Math.ceil(count / 1e6)} MB`;
  throw new LabError(
    'quota-exceeded',
    `${modelId} needs ${mb(bytes)} of storage; the browser leaves ${mb(Math.max(0, quota - usage))}.`,
    { advice: 'Delete models you no longer use, or free disk space, then load it again.' },
  );
}
