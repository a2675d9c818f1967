/** @file Browser APIs for loading without a browser: a hub and caches in memory, a GPU with chosen features. */
import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ModelRecord } from '@mlc-ai/web-llm';
import type { ModelEntry } from '../../../src/models/catalog.ts';
import { splitHubUrl, type HubFile } from '../../../src/models/hub/addresses.ts';
import type { EnginePackage } from '../../../src/models/runtimes/webllm/engine.ts';
import type { FileCache } from '../../../src/models/runtimes/webllm/files.ts';
import type { BrowserApis } from '../../../src/models/runtimes/webllm/load-record.ts';
import type { Gpu } from '../../../src/models/runtimes/webllm/preflight.ts';
import { FakeEngine, type FakeModel } from './fake-engine.ts';

export const modelId = 'Toy-q4f32_1-MLC';
export const site = 'https://lab.example/';
export const folder = `${site}hub/huggingface.co/mlc-ai/Toy-q4f32_1-MLC/main/`;
const libraryFolder = 'raw.githubusercontent.com/mlc-ai/binary-mlc-llm-libs/main/';
const libraryFile = 'models/Toy-q4f32_1-webgpu.wasm';
export const library = `${site}hub/${libraryFolder}${libraryFile}`;
export const record: ModelRecord = {
  model_id: modelId,
  model: 'https://huggingface.co/mlc-ai/Toy-q4f32_1-MLC',
  model_lib: `https://${libraryFolder}${libraryFile}`,
  overrides: { context_window_size: 128 },
};
export const entry: ModelEntry = {
  id: modelId,
  title: 'Toy',
  summary: 'A toy.',
  source: { kind: 'webllm', modelId, library: libraryFile },
  task: 'text-generation',
  runtimes: ['webllm'],
  access: 'grey-box',
  bytes: null,
  license: 'MIT',
  needs: { webgpu: true, f16: false },
};

const specials = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const byteCount = 256;
export const tokenizerVocabulary = byteCount + specials.length;
/** Some rows more than the tokenizer has tokens, as in Qwen. */
export const paddedVocabulary = 264;

/** GPT-2's printable stand-ins for the 256 bytes. */
function byteCharacters(): string[] {
  const isShown = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let hidden = 0;
  return Array.from({ length: byteCount }, (_, byte) =>
    String.fromCharCode(isShown(byte) ? byte : byteCount + hidden++),
  );
}
export const byteTokenizer = {
  version: '1.0',
  normalizer: null,
  post_processor: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  added_tokens: specials.map((content, i) => ({
    id: byteCount + i,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  })),
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(byteCharacters().map((character, byte) => [character, byte])),
    merges: [],
  },
};

export const chatConfig = {
  vocab_size: paddedVocabulary,
  context_window_size: 2048,
  sliding_window_size: -1,
  quantization: 'q4f32_1',
  tokenizer_files: ['tokenizer.json'],
  conv_template: {
    system_template: '<|im_start|>system\n{system_message}<|im_end|>\n',
    system_message: 'Be kind.',
    system_prefix_token_ids: null,
    add_role_after_system_message: true,
    roles: { user: '<|im_start|>user', assistant: '<|im_start|>assistant' },
    role_templates: { user: '{user_message}', assistant: '{assistant_message}' },
    seps: ['<|im_end|>\n'],
    role_content_sep: '\n',
    role_empty_sep: '\n',
    stop_str: ['<|im_end|>'],
    stop_token_ids: [byteCount + 2, byteCount],
  },
};

const bytes = (length: number) => new Uint8Array(length).fill(7);
/** What the hub serves, by URL. */
export const hub = (): Map<string, Uint8Array<ArrayBuffer> | string> =>
  new Map<string, Uint8Array<ArrayBuffer> | string>([
    [`${folder}mlc-chat-config.json`, JSON.stringify(chatConfig)],
    [`${folder}tokenizer.json`, JSON.stringify(byteTokenizer)],
    [
      `${folder}tensor-cache.json`,
      JSON.stringify({
        records: [1, 2, 3].map((i) => ({ dataPath: `params_shard_${i}.bin`, nbytes: 100 * i })),
      }),
    ],
    ...[1, 2, 3].map((i) => [`${folder}params_shard_${i}.bin`, bytes(100 * i)] as const),
    [library, bytes(50)],
  ]);

/** Caches in memory, under the same names as the browser's. */
export function memoryCaches() {
  const scopes = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>();
  const keyOf = (request: RequestInfo | URL) => (request instanceof Request ? request.url : String(request));
  return {
    scopes,
    open: async (name: string): Promise<FileCache> => {
      const files = scopes.get(name) ?? new Map<string, Uint8Array<ArrayBuffer>>();
      scopes.set(name, files);
      return {
        match: async (request) => {
          const body = files.get(keyOf(request));
          return body && new Response(body);
        },
        put: async (request, response) => {
          files.set(keyOf(request), new Uint8Array(await response.arrayBuffer()));
        },
        delete: async (request) => files.delete(keyOf(request)),
      };
    },
  };
}

export const gpuWith = (
  features: readonly string[] = [],
  limits: Partial<Record<string, number>> = {},
): Gpu => ({
  requestAdapter: async () => ({
    features: new Set(features),
    limits: {
      maxComputeWorkgroupStorageSize: 32_768,
      maxStorageBuffersPerShaderStage: 10,
      maxBufferSize: 2 ** 30,
      maxStorageBufferBindingSize: 2 ** 30,
      ...limits,
    },
  }),
});

/** As the service worker lists a folder. */
const listOf = (files: ReturnType<typeof hub>, at: string): readonly HubFile[] =>
  [...files]
    .filter(([url]) => url.startsWith(at))
    .map(([url, body]) => {
      const content = typeof body === 'string' ? utf8ToBytes(body) : new Uint8Array(body);
      const hex = bytesToHex(sha1(concatBytes(utf8ToBytes(`blob ${content.byteLength}\0`), content)));
      return { path: url.slice(at.length), bytes: content.byteLength, hash: { algorithm: 'git-blob', hex } };
    });

export interface World {
  readonly apis: BrowserApis;
  /** Options that make the load fetch from the hub in memory. */
  readonly options: { readonly fetch: typeof fetch; readonly baseUrl: string };
  readonly caches: ReturnType<typeof memoryCaches>;
  readonly files: ReturnType<typeof hub>;
  /** URLs in the order in which they were fetched. */
  readonly fetched: string[];
  readonly engines: FakeEngine[];
}

export function fakeBrowser(
  model: Partial<FakeModel> = {},
  changes: Partial<BrowserApis> & { readonly models?: readonly ModelRecord[] } = {},
): World {
  const caches = memoryCaches();
  const files = hub();
  const fetched: string[] = [];
  const engines: FakeEngine[] = [];
  const { models = [record], ...others } = changes;
  const enginePackage: EnginePackage = {
    prebuiltAppConfig: { model_list: [...models] },
    createEngine: (config) => {
      const engine = new FakeEngine(config, {
        vocabSize: paddedVocabulary,
        contextWindow: 128,
        pop: 'works',
        ...model,
      });
      engines.push(engine);
      return engine;
    },
  };
  return {
    caches,
    files,
    fetched,
    engines,
    apis: {
      importEngine: async () => enginePackage,
      gpu: gpuWith(),
      storage: { estimate: async () => ({ quota: 1e9, usage: 0 }) },
      caches,
      ...others,
    },
    options: {
      baseUrl: site,
      fetch: async (input, init) => {
        const url = String(input);
        if (init?.method === 'DELETE') return new Response(null, { status: 204 });
        const split = splitHubUrl(url);
        if (split?.path === '') return Response.json(listOf(files, split.folder));
        fetched.push(url);
        const body = files.get(url);
        return body === undefined ? new Response('nothing here', { status: 404 }) : new Response(body);
      },
    },
  };
}
