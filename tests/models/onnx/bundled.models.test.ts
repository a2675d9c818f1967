import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { deriveOnnx } from '../../../scripts/derive-models.ts';
import { bundledModels } from '../../../src/models/catalog.ts';

/** SHA-256 of each graph, to notice a change of the writer that changes what is served. New weights bring new ones. */
const digests: Readonly<Record<string, string>> = {
  'tinytown-base': '714fd413ae33c28ec699eb113416c1533c5d6bc75274dbcd77ce90424b3bfdf3',
  'tinytown-chat': '947e843a94fd2764c2e6eb21cd4811546386631e8ee32973f2aa589440a7b063',
  'tinytown-expert': '26ee4042f4156171fa3db4f939ac69d86ae1bab0f760048f8c301af8b09ab2f9',
  'tinytown-guard-answer': '07159120bb50eecebc5125db4922eb63b93d615eaae507a4414bccd666766ec3',
  'tinytown-guard-prompt': 'c6bf06692742b2b1c4a9044deea2ebc46a7206ed32ecd588cc2c470ac199f131',
  'tinytown-hard': '2b2d743b02af0471ccbaae2b7829176a938a2770534a3b50a8a1f77b3792fbf1',
  'tinytown-helper': '67f06814f4c4d54588cc5da0de4fd6786578a1f917c363d56e7f16e26a60421e',
};

test.each(bundledModels.map(({ id }) => id))('the graph of %s has its known bytes', (id) => {
  const folder = `public/models/${id}`;
  const derived = deriveOnnx(folder);
  expect(createHash('sha256').update(derived).digest('hex')).toBe(digests[id]);
  expect(readFileSync(`${folder}/onnx/model.onnx`).equals(derived), 'the file that is served').toBe(true);
});
