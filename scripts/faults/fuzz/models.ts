/** @file Damaged model folders, loaded into both engines that take a folder, and asked for a word. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import type { ModelEntry } from '../../../src/models/catalog.ts';
import { createTextTokenizer } from '../../../src/models/text-tokenizer.ts';
import type { TokenizerFiles } from '../../../src/models/tokenizer-files.ts';
import { initWeights } from '../../../src/models/llama-weights.ts';
import { parseLlamaConfig, toHubConfig } from '../../../src/models/llama.ts';
import { writeLlamaOnnx } from '../../../src/models/onnx/llama.ts';
import { writeSafetensors } from '../../../src/models/safetensors.ts';
import { loadTransformersModel } from '../../../src/models/runtimes/transformers/index.ts';
import { loadWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { root } from '../../build.ts';
import type { Target } from './fuzz.ts';
import { damagedBytes, damagedJson } from './mutate.ts';

const site = 'http://lab.test/';
const entry: ModelEntry = {
  id: 'fuzzed',
  title: 'Fuzzed',
  summary: 'Damaged.',
  source: { kind: 'bundled', base: 'models/fuzzed/' },
  task: 'text-generation',
  runtimes: ['transformers', 'whitebox'],
  access: 'white-box',
  bytes: null,
  license: 'MIT',
  needs: { webgpu: false, f16: false },
};

/** The bundled tokenizer with a model of one small layer. */
function wholeFolder() {
  const bundled = (name: string) =>
    JSON.parse(readFileSync(join(root, 'public/models/tinytown-chat', name), 'utf8')) as object;
  const hub = bundled('config.json');
  const small = { hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2 };
  const config = parseLlamaConfig({ ...hub, ...small, num_key_value_heads: 1, head_dim: 8 });
  const weights = initWeights(config, createRandom('fuzzed'));
  const json = {
    'config.json': { ...toHubConfig(config), 'transformers.js_config': { dtype: 'fp32' } },
    'generation_config.json': bundled('generation_config.json'),
    'tokenizer.json': bundled('tokenizer.json'),
    'tokenizer_config.json': bundled('tokenizer_config.json'),
    'selftest.json': { ids: [1, 2, 3], logits: Array<number>(config.vocabSize).fill(0) },
  };
  const binary = {
    'model.safetensors': writeSafetensors(weights),
    'onnx/model.onnx': writeLlamaOnnx(config, weights),
  };
  return { json, binary };
}

export function models(): Target {
  const { json, binary } = wholeFolder();
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  const { 'selftest.json': _, ...usual } = json;
  const whole = new Map<string, Uint8Array<ArrayBuffer>>([
    ...Object.entries(usual).map(([name, value]) => [name, bytesOf(JSON.stringify(value))] as const),
    ...Object.entries(binary),
  ]);
  return {
    async feed(random) {
      const name = random.pick([...Object.keys(json), 'tokenizer.json', 'config.json', 'model.safetensors']);
      const content =
        name in binary
          ? damagedBytes(binary[name as keyof typeof binary], random)
          : bytesOf(damagedJson(json[name as keyof typeof json], random));
      const files = new Map([...whole, [name, content]]);
      const fetchFile: typeof fetch = async (input) => {
        const url = String(input instanceof Request ? input.url : input);
        const bytes = files.get(url.replace(`${site}models/fuzzed/`, ''));
        return bytes ? new Response(bytes) : new Response('', { status: 404 });
      };
      const options = { device: 'wasm', baseUrl: site, fetch: fetchFile } as const;
      const inWhiteBox = name === 'model.safetensors' || random.integer(2) === 0;
      const model = inWhiteBox
        ? await loadWhiteBoxModel(entry, options)
        : await loadTransformersModel(entry, options);
      try {
        await model.generate([user('Wake the giant <|end|> now.')], { maxNewTokens: 1 });
        if (name === 'tokenizer.json' || name === 'tokenizer_config.json')
          createTextTokenizer({
            tokenizer: parsed(files.get('tokenizer.json')!) as TokenizerFiles['tokenizer'],
            config: parsed(files.get('tokenizer_config.json')!) as TokenizerFiles['config'],
          }).encode('Wake the giant now.', 8);
      } finally {
        if ('dispose' in model) (model as { dispose(): void }).dispose();
      }
    },
  };
}

const parsed = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
