/** @file Runs workers for `scripts/bench.ts`: one for the lab's own figures, one for subjects that are compared with peers. */
import { wrap, type Remote } from 'comlink';
import type { Bench } from './bench.worker.ts';
import type { Subject } from './subject.ts';
import type { SpelledPrompt } from './subjects/llama-cpp.ts';
import type { SubjectsApi } from './subjects.worker.ts';

declare global {
  var bench: ((device: 'wasm' | 'webgpu', model: string, rounds: number) => ReturnType<Bench>) | undefined;
  /** A worker that holds the subjects of one comparison. */
  var subjects: ((device: 'wasm' | 'webgpu') => Remote<SubjectsApi>) | undefined;
  var llamaCpp: ((url: string, threads: number, prompt: SpelledPrompt) => Promise<string>) | undefined;
  var llamaCppSubject: Subject | undefined;
}

globalThis.bench = (device, model, rounds) => {
  const name = `lab-${device}`;
  const worker = new Worker(new URL('./bench.worker.ts', import.meta.url), { type: 'module', name });
  return wrap<Bench>(worker)(device, model, rounds);
};

const workers = new Map<string, Remote<SubjectsApi>>();
globalThis.subjects = (device) => {
  const name = `lab-${device}`;
  const known = workers.get(name);
  if (known) return known;
  const worker = new Worker(new URL('./subjects.worker.ts', import.meta.url), { type: 'module', name });
  const api = wrap<SubjectsApi>(worker);
  workers.set(name, api);
  return api;
};

globalThis.llamaCpp = async (url, threads, prompt) => {
  const { llamaCppDecode } = await import('./subjects/llama-cpp.ts');
  globalThis.llamaCppSubject = await llamaCppDecode(url, threads, prompt);
  return globalThis.llamaCppSubject.about;
};
