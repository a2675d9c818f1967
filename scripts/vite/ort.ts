/**
 * @file Replaces the ONNX Runtime that transformers.js imports by our own module, so that one worker script serves both
 * devices and each worker fetches only the build for its device (src/models/runtimes/transformers/ort.ts).
 */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const shim = fileURLToPath(new URL('../../src/models/runtimes/transformers/ort.ts', import.meta.url));

export const ortBuild = (): Plugin => ({
  name: 'glovebox:ort-build',
  enforce: 'pre',
  // A package that is bundled ahead for development would bypass this plug-in.
  config: () => ({ optimizeDeps: { exclude: ['@huggingface/transformers', 'onnxruntime-web'] } }),
  resolveId: (source, importer) =>
    source === 'onnxruntime-web/webgpu' && importer?.includes('@huggingface/transformers') ? shim : null,
});
