/** @file Starts a worker for one device and returns its figures to `scripts/bench.ts`. */
import { wrap } from 'comlink';
import type { Bench } from './bench.worker.ts';

declare global {
  var bench: ((device: 'wasm' | 'webgpu', model: string, rounds: number) => ReturnType<Bench>) | undefined;
}

globalThis.bench = (device, model, rounds) => {
  const name = `lab-${device}`;
  const worker = new Worker(new URL('./bench.worker.ts', import.meta.url), { type: 'module', name });
  return wrap<Bench>(worker)(device, model, rounds);
};
