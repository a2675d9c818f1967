import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deriveModels, deriveOnnx, type DeriveOptions } from '../../scripts/derive-models.ts';
import { toHubConfig } from '../../src/models/llama.ts';
import { writeSafetensors } from '../../src/models/safetensors.ts';
import { tinyConfig, tinyWeights } from '../models/tiny-model.ts';

let options: DeriveOptions;
let folder: string;
const onnx = () => join(folder, 'onnx/model.onnx');

function writeWeights(seed: number): void {
  const weights = new Map(tinyWeights(tinyConfig));
  const { shape, data } = weights.get('model.norm.weight')!;
  weights.set('model.norm.weight', { shape, data: data.map((value) => value + seed) });
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(weights, { dtype: 'F16' }));
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const root = mkdtempSync(join(tmpdir(), 'derive-'));
  options = { models: join(root, 'models'), record: join(root, 'cache/record.json') };
  folder = join(options.models, 'tiny');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(toHubConfig(tinyConfig)));
  writeWeights(0);
});
afterEach(() => {
  rmSync(join(options.models, '..'), { recursive: true });
  vi.restoreAllMocks();
});

test('a missing graph is written, and one that is up to date is left alone', () => {
  expect(deriveModels(options)).toEqual(['tiny']);
  expect(readFileSync(onnx()).equals(deriveOnnx(folder))).toBe(true);
  expect(deriveModels(options)).toEqual([]);
});

test('new weights and a damaged graph are noticed', () => {
  deriveModels(options);
  const before = readFileSync(onnx());
  writeWeights(1);
  expect(deriveModels(options)).toEqual(['tiny']);
  const after = readFileSync(onnx());
  expect(after.equals(before)).toBe(false);
  writeFileSync(onnx(), 'half a gra');
  expect(deriveModels(options)).toEqual(['tiny']);
  expect(readFileSync(onnx()).equals(after)).toBe(true);
});

test('a lost record does not touch a graph that is right', () => {
  deriveModels(options);
  const early = new Date(0);
  utimesSync(onnx(), early, early);
  rmSync(options.record);
  expect(deriveModels(options)).toEqual([]);
  expect(statSync(onnx()).mtime).toEqual(early);
});

test('a folder without weights is passed over', () => {
  rmSync(join(folder, 'model.safetensors'));
  expect(deriveModels(options)).toEqual([]);
});
