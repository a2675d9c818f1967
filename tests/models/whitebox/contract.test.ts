import { loadWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { describeModel } from '../contract.ts';
import { serve, tinyEntry, tinyFolder, tinySite } from '../tiny-model.ts';

describeModel('white-box', () =>
  loadWhiteBoxModel(tinyEntry, { device: 'wasm', baseUrl: tinySite, fetch: serve(tinyFolder()) }),
);
