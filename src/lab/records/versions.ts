/** @file The versions that a result depends on, stored with every run. */
import { dependencies, version } from '../../../package.json';

export const versions: Readonly<Record<string, string>> = {
  glovebox: version,
  'onnxruntime-web': dependencies['onnxruntime-web'],
  'onnxruntime-node': dependencies['onnxruntime-node'],
  transformers: dependencies['@huggingface/transformers'],
  'web-llm': dependencies['@mlc-ai/web-llm'],
};
