import { expect, test } from 'vitest';
import { processor } from '../../../src/models/compute-device.ts';
import type { HubFile } from '../../../src/models/hub/addresses.ts';
import { onnxFiles } from '../../../src/models/hub/choice.ts';

const file = (path: string): HubFile => ({ path, bytes: 1, hash: { algorithm: 'sha-256', hex: path } });
const files = ['', '_fp16', '_quantized', '_q4', '_q4f16'].map((suffix) => file(`onnx/model${suffix}.onnx`));
const chosen = (device: Parameters<typeof onnxFiles>[1], of = files) =>
  onnxFiles(of, device).map(({ path }) => path);

test('a device is given the form that it computes best', () => {
  expect(chosen(processor)).toEqual(['onnx/model_quantized.onnx']);
  expect(chosen({ kind: 'webgpu', f16: true })).toEqual(['onnx/model_q4f16.onnx']);
});

test('a graphics adapter without half-precision shaders is given no form that needs them', () => {
  const device = { kind: 'webgpu', f16: false } as const;
  expect(chosen(device)).toEqual(['onnx/model_q4.onnx']);
  expect(chosen(device, [file('onnx/model_q4f16.onnx'), file('onnx/model_fp16.onnx')])).toEqual([]);
});
