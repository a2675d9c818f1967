/** @file Opens subjects of the lab and of JavaScript peers in a worker, and lets the page run them. */
import { expose } from 'comlink';
import { bundledModels, type ModelEntry } from '../src/models/catalog.ts';
import type { BenchModel } from './parameters.ts';
import type { Subject } from './subject.ts';

/** Where the page serves the model that was fetched. */
export const fetchedBase = 'bench-models/smollm2/';

const [tinytown] = bundledModels.filter(({ id }) => id === 'tinytown-chat');
const entries: Readonly<Record<BenchModel, ModelEntry>> = {
  'tinytown-chat': tinytown!,
  smollm2: { ...tinytown!, id: 'smollm2', source: { kind: 'url', base: fetchedBase } },
};

const subjects = {
  labDecode: async () => (await import('./subjects/decode.ts')).labDecode,
  libraryDecode: async () => (await import('./subjects/decode.ts')).libraryDecode,
  bareDecode: async () => (await import('./subjects/decode.ts')).bareDecode,
  gcgSteps: async () => (await import('./subjects/gradients.ts')).gcgSteps,
  trainingSteps: async () => (await import('./subjects/gradients.ts')).trainingSteps,
  adapterSteps: async () => (await import('./subjects/gradients.ts')).adapterSteps,
  generationLoad: async () => (await import('./subjects/load.ts')).generationLoad,
  whiteBoxLoad: async () => (await import('./subjects/load.ts')).whiteBoxLoad,
} as const;
export type SubjectName = keyof typeof subjects;

const open = new Map<SubjectName, Subject>();

const bench = {
  /** @returns what the subject computes in */
  async open(name: SubjectName, model: BenchModel, device: 'wasm' | 'webgpu'): Promise<string> {
    const subject = await (await subjects[name]())(entries[model], device);
    open.set(name, subject);
    return subject.about;
  },
  round: (name: SubjectName): Promise<number> => open.get(name)!.round(),
  async close(name: SubjectName): Promise<void> {
    await open.get(name)?.close();
    open.delete(name);
  },
  async chunk(model: BenchModel, device: 'wasm' | 'webgpu', rounds: number) {
    return (await import('./chunks.ts')).chunkSpeeds(entries[model], device, rounds);
  },
  async prompt(model: BenchModel) {
    return (await import('./subjects/decode.ts')).spelledPrompt(entries[model]);
  },
  /** What one float32 copy of the weights takes. */
  async float32Bytes(model: BenchModel): Promise<number> {
    const { openFolder } = await import('../src/models/files.ts');
    const { parseLlamaConfig } = await import('../src/models/llama.ts');
    const { parameterCount } = await import('../src/models/llama-weights.ts');
    const config = await openFolder(entries[model].source).json('config.json');
    return 4 * parameterCount(parseLlamaConfig(config));
  },
};
export type SubjectsApi = typeof bench;

expose(bench);
