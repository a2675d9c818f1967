import { describe, expect, test } from 'vitest';
import { loadModel } from '../../src/models/load.ts';
import { serve, tinyEntry, tinyFolder, tinySite } from './tiny-model.ts';

const options = { device: 'wasm', baseUrl: tinySite, fetch: serve(tinyFolder()) } as const;

describe('the first runtime that offers the tier is used', () => {
  test('a grey-box model comes from the preferred runtime', async () => {
    const model = await loadModel(tinyEntry, { ...options, access: 'grey-box' });
    expect([model.id, model.access]).toEqual(['tiny', 'grey-box']);
  });
  test('a tier that no runtime of the model offers is refused', async () => {
    const entry = { ...tinyEntry, runtimes: ['transformers'] as const };
    await expect(loadModel(entry, { ...options, access: 'white-box' })).rejects.toMatchObject({
      code: 'not-supported',
    });
  });
});
