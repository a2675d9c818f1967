import { loadTransformersModel } from '../../../src/models/runtimes/transformers/index.ts';
import { describeModel } from '../contract.ts';
import { serve, tinyEntry, tinyFolder, tinySite } from '../tiny-model.ts';

describeModel('transformers', () =>
  loadTransformersModel(tinyEntry, { device: 'wasm', baseUrl: tinySite, fetch: serve(tinyFolder()) }),
);
