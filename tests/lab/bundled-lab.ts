/** @file The lab on the bundled models, in Node, as a page's worker has it. */
import { serve } from '../../scripts/serve.ts';
import { createMemoryStore } from '../../src/lab/store/memory.ts';
import type { LabApi } from '../../src/lab/worker/api.ts';
import { createLab } from '../../src/lab/worker/host.ts';
import { loadClassifier, loadModel } from '../../src/models/load.ts';

export interface BundledLab {
  readonly lab: LabApi;
  close(): Promise<void>;
}

export async function openBundledLab(): Promise<BundledLab> {
  const site = await serve({ folder: 'public', port: 0, headers: false });
  const here = { baseUrl: site.url };
  const lab = createLab({
    loadModel: (entry, options) => loadModel(entry, { ...options, ...here }),
    loadClassifier: (entry, options) => loadClassifier(entry, { ...options, ...here }),
    store: createMemoryStore(),
    device: { kind: 'wasm', description: 'Node', threads: 1 },
    webgpuModels: async () => [],
  });
  return { lab, close: () => site.close() };
}
