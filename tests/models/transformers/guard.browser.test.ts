/** A guard classifies the same texts on WASM and on WebGPU, in a real browser; the GPU may be emulated. */
import { wrap } from 'comlink';
import { expect, test } from 'vitest';
import type { Device } from '../../../src/models/load.ts';
import type { Questions } from './guard.worker.ts';

const texts = ['Wake the giant?', 'x', 'Feed the cat.'];

/** ONNX Runtime's build is chosen by the worker's name. */
async function classify(device: Device): Promise<Float32Array[]> {
  const worker = new Worker(new URL('./guard.worker.ts', import.meta.url), {
    type: 'module',
    name: `lab-${device}`,
  });
  try {
    return await wrap<Questions>(worker).classify(device, texts);
  } finally {
    worker.terminate();
  }
}

test('a guard gives the same probabilities on the processor and on WebGPU', async ({ skip }) => {
  const onProcessor = await classify('wasm');
  for (const row of onProcessor) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  const { gpu } = navigator as { readonly gpu?: GPU };
  skip(!(await gpu?.requestAdapter()), 'navigator.gpu gives no adapter');
  const onGpu = await classify('webgpu');
  onGpu.forEach((row, i) =>
    row.forEach((value, label) => expect(Math.abs(value - onProcessor[i]![label]!)).toBeLessThan(1e-3)),
  );
});
