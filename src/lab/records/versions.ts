/** @file The versions that a result depends on, stored with every run. */
import { dependencies, version } from '../../../package.json';

export const versions: Readonly<Record<string, string>> = {
  glovebox: version,
  'onnxruntime-web': dependencies['onnxruntime-web'],
  transformers: dependencies['@huggingface/transformers'],
  'jax-js': dependencies['@jax-js/jax'],
  'web-llm': dependencies['@mlc-ai/web-llm'],
};
