import { describe, expect, test } from 'vitest';
import { findWeights } from '../../src/models/weight-names.ts';
import { openWeights } from '../../src/models/weight-files.ts';
import { writeSafetensors, type Tensors } from '../../src/models/safetensors.ts';
import { loadWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { serve, tinyConfig, tinyEntry, tinyFolder, tinySite, tinyWeights } from './tiny-model.ts';

const open = (tensors: Tensors) => openWeights([new Blob([writeSafetensors(tensors)])]);
const renamed = (name: (name: string) => string): Tensors =>
  new Map([...tinyWeights()].map(([key, tensor]) => [name(key), tensor]));

describe('weights are found under the names that checkpoints give them', () => {
  test.each<[string, (name: string) => string]>([
    ['as they are', (name) => name],
    ['of a compiled model', (name) => `_orig_mod.${name}`],
    ['of the text part of a larger model', (name) => name.replace('model.', 'model.language_model.')],
    ['of a model saved without its head', (name) => name.replace('model.', '')],
    ['of a tied model that kept its head only', (name) => name.replace('model.embed_tokens', 'lm_head')],
  ])('%s', async (_, name) => {
    const found = findWeights(tinyConfig, await open(renamed(name)));
    for (const [key, { data }] of tinyWeights()) expect(await found.get(key)!.read()).toEqual(data);
  });

  test('but a head is no embedding where the two are not tied', async () => {
    const tensors = await open(renamed((name) => name.replace('model.embed_tokens', 'lm_head')));
    expect(() => findWeights({ ...tinyConfig, tieWordEmbeddings: false }, tensors)).toThrow(
      /no weight "model\.embed_tokens\.weight"/,
    );
  });
});

/** A file whose notes are `null`, and whose tensor `name` is of a type that cannot be decoded. */
function withBuffer(file: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(file).toString('latin1').replace('{"format":"pt"}', 'null           ');
  const at = text.indexOf('"F32"', text.indexOf(name));
  return new Uint8Array(Buffer.from(`${text.slice(0, at)}"U32"${text.slice(at + 5)}`, 'latin1'));
}

test('buffers of other types and notes that are null do not matter to a model that loads', async () => {
  const buffer = 'zz.position_ids';
  const extra = new Map([...tinyWeights(), [buffer, { shape: [2], data: new Float32Array(2) }]]);
  const files = new Map([
    ...tinyFolder(),
    ['model.safetensors', withBuffer(writeSafetensors(extra), buffer)],
  ]);
  const options = { device: 'wasm', baseUrl: tinySite } as const;
  const model = await loadWhiteBoxModel(tinyEntry, { ...options, fetch: serve(files) });
  const plain = await loadWhiteBoxModel(tinyEntry, { ...options, fetch: serve(tinyFolder()) });
  const ids = { prompt: [1, 70, 80], target: [90, 91] };
  expect(await model.logProbs([ids])).toEqual(await plain.logProbs([ids]));
});
