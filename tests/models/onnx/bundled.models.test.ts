import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { deriveOnnx } from '../../../scripts/derive-models.ts';
import { bundledModels } from '../../../src/models/catalog.ts';

/** SHA-256 of each graph, to notice a change of the writer that changes what is served. New weights bring new ones. */
const digests: Readonly<Record<string, string>> = {
  'tinytown-base': '0cbe34b006ca6cddd0d188602ea8fb2e41a347119bf9ed02f2efbfc0613c5525',
  'tinytown-chat': '2d9e34af04f2b9081d2c2bbcbb24a7ce939824742188724ef01ddd90600e8876',
  'tinytown-expert': 'd000b267ca296efb987330da94004457642b30f7344dd7f3458d6d0363f4ff01',
  'tinytown-guard-answer': '20c5d8e501c33ec29287677014dbdee1d5b5f6a605d2ae05a1a938299740a216',
  'tinytown-guard-prompt': 'c98e0adfeb2d349e9da5c1eaa67da58c6b6cec862d810d3feddfe416738d51fa',
  'tinytown-helper': '74d6e2c97a36f3d19ca52ed9a3e3dcf31791cd0fe7d679f0281acaa3494a6b17',
};

test.each(bundledModels.map(({ id }) => id))('the graph of %s has its known bytes', (id) => {
  const folder = `public/models/${id}`;
  const derived = deriveOnnx(folder);
  expect(createHash('sha256').update(derived).digest('hex')).toBe(digests[id]);
  expect(readFileSync(`${folder}/onnx/model.onnx`).equals(derived), 'the file that is served').toBe(true);
});
