import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  knownModelSchema,
  type KnownModel,
  type ModelShape,
} from '../../../src/models/catalogue/known-model.ts';
import { knownModels } from '../../../src/models/catalogue/known-models.ts';
import { hubEntries, offerOf } from '../../../src/models/catalogue/offers.ts';

const ofKind = (kind: KnownModel['kind']) => knownModels.filter((model) => model.kind === kind);

test('the catalogue fits its schema, and no model or build is listed twice', () => {
  expect(() => z.array(knownModelSchema).parse(knownModels)).not.toThrow();
  const ids = knownModels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const builds = knownModels.flatMap((model) =>
    model.builds.map(({ format, repo, precision }) => `${format} ${repo} ${precision}`),
  );
  expect(new Set(builds).size).toBe(builds.length);
});

test('it holds generators of 0.1 to 4 billion parameters in several families, classifiers and judges', () => {
  const generators = ofKind('generator');
  expect(generators.length).toBeGreaterThanOrEqual(20);
  expect(new Set(generators.map(({ family }) => family)).size).toBeGreaterThanOrEqual(8);
  for (const { id, parameters } of generators) {
    expect(parameters, id).toBeGreaterThanOrEqual(0.1e9);
    expect(parameters, id).toBeLessThanOrEqual(4.1e9);
  }
  expect(ofKind('classifier').length).toBeGreaterThanOrEqual(8);
  for (const { labels, id } of ofKind('classifier')) expect(labels, id).not.toBeNull();
  const families = new Set(ofKind('judge').map(({ family }) => family));
  for (const family of ['Llama Guard', 'Qwen3Guard', 'Granite Guardian', 'ShieldGemma', 'HarmBench'])
    expect(families).toContain(family);
});

/** Weights of a decoder with gated feed-forward layers, norms and biases left out, which are under 0.1% of it. */
function matrixWeights(shape: ModelShape): number {
  const { layers, width, heads, kvHeads, headWidth, feedForward, vocabulary, tiedHead } = shape;
  const attention = 2 * width * headWidth * (heads + kvHeads);
  return vocabulary * width * (tiedHead ? 1 : 2) + layers * (attention + 3 * width * feedForward);
}

test('parameters and shapes agree', () => {
  for (const { id, parameters, shape } of knownModels) {
    if (!shape) continue;
    expect(Math.abs(matrixWeights(shape) / parameters - 1), id).toBeLessThan(0.001);
  }
});

test('a model that cannot be loaded says why, and what to do where the files can be brought', () => {
  const blocked = knownModels.flatMap((model) =>
    model.builds.map((build) => offerOf(model, build)).filter(({ entryId }) => entryId === null),
  );
  expect(blocked.length).toBeGreaterThan(0);
  for (const { reason, build, canBeBrought } of blocked) {
    expect(reason, build.repo).toMatch(/\.$/);
    if (canBeBrought) expect(reason).toMatch(/bring/);
  }
});

const named = (id: string) => knownModels.find((model) => model.id === id)!;
const reasonsOf = (id: string) => named(id).builds.map((build) => offerOf(named(id), build).reason);

test('an architecture that is not read, and a gated model, are told apart', () => {
  expect(reasonsOf('google/shieldgemma-2b')).toEqual([
    expect.stringContaining('gemma2, is not among those read'),
  ]);
  expect(reasonsOf('meta-llama/Llama-Guard-3-1B')).toEqual([
    expect.stringContaining('accounts that accepted its licence'),
  ]);
});

test('a repository with ONNX files and safetensors is one entry with gradients, and so is each GGUF file', () => {
  const entries = hubEntries(knownModels);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  expect(entries.find(({ id }) => id === 'HuggingFaceTB/SmolLM2-135M-Instruct')).toMatchObject({
    runtimes: ['transformers', 'whitebox'],
    access: 'white-box',
    license: 'Apache-2.0',
  });
  const gguf = 'HuggingFaceTB/SmolLM2-360M-Instruct-GGUF:smollm2-360m-instruct-q8_0.gguf';
  expect(entries.find(({ id }) => id === gguf)).toMatchObject({
    access: 'white-box',
    source: { kind: 'hub', file: 'smollm2-360m-instruct-q8_0.gguf' },
  });
  expect(entries.find(({ id }) => id === 'Xenova/toxic-bert')).toMatchObject({
    task: 'text-classification',
    labels: expect.arrayContaining(['toxic', 'threat']),
  });
});
