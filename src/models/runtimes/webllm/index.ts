/**
 * @file Loads a model into web-llm (MLC) and offers it as a grey-box model.
 * Limits: the engine decodes one sequence, so rows of a session and concurrent requests take turns, and
 * `logProbs` costs one forward per target token. Sequences that take turns are prefilled again where they differ;
 * their logits then agree up to rounding (2.6e-6 on a q4f32 model), not bit for bit. No gradients: white-box
 * methods need another runtime.
 * Generation on 0.2.86 was tested on a fake engine only.
 */
import { LabError } from '../../../core/errors.ts';
import type { ModelEntry } from '../../catalog.ts';
import type { FolderOptions } from '../../files.ts';
import { browserApis, loadRecord, type BrowserApis } from './load-record.ts';
import type { WebLlmModel } from './model.ts';
import { recordFor } from './records.ts';

export type { WebLlmModel } from './model.ts';
export { webllmEntries } from './records.ts';

export interface WebLlmOptions extends FolderOptions {
  /** Only WebGPU is supported; anything else is refused. */
  readonly device?: 'webgpu' | 'wasm' | undefined;
}

/** @throws as `loadRecord`; LabError 'no-webgpu' for the processor, 'unknown-model' for a model that web-llm lacks */
export async function loadWebLlmModel(
  entry: ModelEntry,
  { device = 'webgpu', ...options }: WebLlmOptions = {},
  apis: BrowserApis = browserApis(),
): Promise<WebLlmModel> {
  if (device !== 'webgpu')
    throw new LabError('no-webgpu', `${entry.id} runs on WebGPU only; the lab is set to the processor.`, {
      advice: 'Switch the device to WebGPU, or pick a model of the transformers runtime.',
    });
  return loadRecord(entry.id, (models) => recordFor(entry, models, options.baseUrl), options, apis);
}
