/** @file The lab on the bundled models, in Node, as a page's worker has it. */
import { vi } from 'vitest';
import { serve } from '../../scripts/serve.ts';
import { createModelStore } from '../../src/lab/models/model-store.ts';
import { createMemoryStore } from '../../src/lab/store/memory.ts';
import type { LabApi } from '../../src/lab/worker/api.ts';
import { createLab } from '../../src/lab/worker/host.ts';
import { loadClassifier, loadModel } from '../../src/models/load.ts';
import { stubFiles } from './models/memory-files.ts';

export interface BundledLab {
  readonly lab: LabApi;
  close(): Promise<void>;
}

export async function openBundledLab(): Promise<BundledLab> {
  stubFiles();
  const site = await serve({ folder: 'public', port: 0, headers: false });
  vi.stubGlobal('location', { href: site.url }); // files of a model that is trained are named beside the page
  const here = { baseUrl: site.url };
  const lab = createLab({
    loadModel: (entry, options) => loadModel(entry, { ...options, ...here }),
    loadClassifier: (entry, options) => loadClassifier(entry, { ...options, ...here }),
    store: createMemoryStore(),
    modelStore: createModelStore(() => new Date(0)),
    device: { kind: 'wasm', description: 'Node', threads: 1 },
    webgpuModels: async () => [],
  });
  return { lab, close: () => site.close() };
}
