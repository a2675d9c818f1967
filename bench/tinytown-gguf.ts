/** @file Writes a bundled model as GGUF in float32, so that llama.cpp can run the same weights. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLlamaConfig, type LlamaConfig } from '../src/models/llama.ts';
import { readSafetensors } from '../src/models/safetensors.ts';
import { writeGguf, type Value, type WrittenTensor } from '../tests/models/gguf/write-gguf.ts';

const layerNames: Readonly<Record<string, string>> = {
  'input_layernorm.weight': 'attn_norm.weight',
  'self_attn.q_proj.weight': 'attn_q.weight',
  'self_attn.k_proj.weight': 'attn_k.weight',
  'self_attn.v_proj.weight': 'attn_v.weight',
  'self_attn.o_proj.weight': 'attn_output.weight',
  'post_attention_layernorm.weight': 'ffn_norm.weight',
  'mlp.gate_proj.weight': 'ffn_gate.weight',
  'mlp.up_proj.weight': 'ffn_up.weight',
  'mlp.down_proj.weight': 'ffn_down.weight',
};
const otherNames: Readonly<Record<string, string>> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
};

/** The name of a tensor in GGUF. @throws Error for one that has none */
export function ggufName(name: string): string {
  const [, layer, rest] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  const found = layer === undefined ? otherNames[name] : layerNames[rest!];
  if (found === undefined) throw new Error(`${name} has no name in GGUF.`);
  return layer === undefined ? found : `blk.${layer}.${found}`;
}

/**
 * Rows of a query or key projection as llama.cpp rotates them: neighbours in pairs, where we rotate halves of a head.
 * @param data [heads · size, width]
 */
export function interleaveHeads(data: Float32Array, heads: number, size: number): Float32Array<ArrayBuffer> {
  const width = data.length / (heads * size);
  const out = new Float32Array(data.length);
  for (let row = 0; row < heads * size; row++) {
    const within = row % size;
    const from = row - within + (within % 2) * (size / 2) + Math.floor(within / 2);
    out.set(data.subarray(from * width, (from + 1) * width), row * width);
  }
  return out;
}

interface TokenizerFile {
  readonly model: {
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (string | readonly [string, string])[];
  };
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
}

/** @param folder with config.json, tokenizer.json and model.safetensors of a Llama with tied embeddings */
export async function asGguf(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const json = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8')) as never;
  const config = parseLlamaConfig(await json('config.json'));
  const { tensors } = readSafetensors(new Uint8Array(await readFile(join(folder, 'model.safetensors'))));
  const written = [...tensors].map(([name, { shape, data }]): WrittenTensor => {
    const heads = name.includes('q_proj') ? config.heads : name.includes('k_proj') ? config.kvHeads : null;
    return {
      name: ggufName(name),
      shape,
      data: heads === null ? Float32Array.from(data) : interleaveHeads(data, heads, config.headDim),
    };
  });
  return writeGguf({
    metadata: { ...shapeOf(config), ...vocabularyOf(await json('tokenizer.json')) },
    tensors: written,
  });
}

const shapeOf = (config: LlamaConfig): Record<string, Value> => ({
  'general.architecture': ['text', 'llama'],
  'llama.context_length': ['u32', config.maxPositions],
  'llama.embedding_length': ['u32', config.hiddenSize],
  'llama.block_count': ['u32', config.layers],
  'llama.feed_forward_length': ['u32', config.intermediateSize],
  'llama.attention.head_count': ['u32', config.heads],
  'llama.attention.head_count_kv': ['u32', config.kvHeads],
  'llama.attention.layer_norm_rms_epsilon': ['f32', config.rmsNormEps],
  'llama.rope.dimension_count': ['u32', config.headDim],
  'llama.rope.freq_base': ['f32', config.rope.theta],
  'llama.vocab_size': ['u32', config.vocabSize],
});

function vocabularyOf({ model, added_tokens: added }: TokenizerFile): Record<string, Value> {
  const texts: string[] = [];
  for (const [text, id] of Object.entries(model.vocab)) texts[id] = text;
  for (const { id, content } of added) texts[id] = content;
  const special = new Set(added.map(({ id }) => id));
  return {
    'tokenizer.ggml.model': ['text', 'gpt2'],
    'tokenizer.ggml.pre': ['text', 'gpt-2'],
    'tokenizer.ggml.tokens': ['texts', texts],
    'tokenizer.ggml.token_type': ['i32s', texts.map((_, id) => (special.has(id) ? 3 : 1))],
    'tokenizer.ggml.merges': [
      'texts',
      model.merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' '))),
    ],
    'tokenizer.ggml.add_bos_token': ['bool', false], // the lab's prompts begin with it
    'tokenizer.ggml.bos_token_id': ['u32', 1],
    'tokenizer.ggml.eos_token_id': ['u32', 5],
  };
}
