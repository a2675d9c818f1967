/**
 * @file Gives transformers.js our own way to ONNX Runtime: one worker script serves both devices, and each worker
 * fetches the one build that it was started for (src/models/runtimes/transformers/ort.ts).
 */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const shim = fileURLToPath(new URL('../../src/models/runtimes/transformers/ort.ts', import.meta.url));

export const ortFlavour = (): Plugin => ({
  name: 'glovebox:ort-flavour',
  enforce: 'pre',
  // A package bundled ahead for development would not pass through this plug-in.
  config: () => ({ optimizeDeps: { exclude: ['@huggingface/transformers', 'onnxruntime-web'] } }),
  resolveId: (source, importer) =>
    source === 'onnxruntime-web/webgpu' && importer?.includes('@huggingface/transformers') ? shim : null,
});
