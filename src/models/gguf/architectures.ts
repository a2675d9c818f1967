/**
 * @file The architectures that are read from GGUF files: what Hugging Face calls them, and how their tensors are named
 * and stored. Another architecture is refused by name.
 * @see https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/tensor_mapping.py
 */
import { excerpt } from '../../core/excerpt.ts';
import type { Metadata } from './metadata.ts';
import type { Reject } from './reject.ts';

export interface Architecture {
  /** Prefix of its metadata keys. */
  readonly prefix: string;
  /** `model_type` and class of a Hugging Face config. */
  readonly modelType: string;
  readonly className: string;
  /** Names of the parts of a layer: in the file, and in Hugging Face's checkpoints. */
  readonly layerNames: Readonly<Record<string, string>>;
  /**
   * True where the converter reordered the rows of queries and keys within each head, so that the two values that RoPE
   * turns together are neighbors; Hugging Face keeps them half a head apart.
   */
  readonly interleavedRope: boolean;
  /** What the converter added to the weights of all norms. */
  readonly normOffset: number;
}

const shared = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};
const twoNorms = { ...shared, ffn_norm: 'post_attention_layernorm' };
const headNorms = { attn_q_norm: 'self_attn.q_norm', attn_k_norm: 'self_attn.k_norm' };
const plain = { interleavedRope: false, normOffset: 0 };
const llama = {
  modelType: 'llama',
  className: 'LlamaForCausalLM',
  layerNames: twoNorms,
  interleavedRope: true,
  normOffset: 0,
};

const architectures: readonly Architecture[] = [
  { prefix: 'llama', ...llama },
  { prefix: 'mistral', ...llama },
  { prefix: 'qwen2', modelType: 'qwen2', className: 'Qwen2ForCausalLM', layerNames: twoNorms, ...plain },
  {
    prefix: 'qwen3',
    modelType: 'qwen3',
    className: 'Qwen3ForCausalLM',
    layerNames: { ...twoNorms, ...headNorms },
    ...plain,
  },
  {
    prefix: 'gemma3',
    modelType: 'gemma3_text',
    className: 'Gemma3ForCausalLM',
    layerNames: {
      ...shared,
      ...headNorms,
      post_attention_norm: 'post_attention_layernorm',
      ffn_norm: 'pre_feedforward_layernorm',
      post_ffw_norm: 'post_feedforward_layernorm',
    },
    interleavedRope: false,
    // Gemma multiplies by 1 + weight, and llama.cpp by what is stored.
    normOffset: 1,
  },
];

/** @throws LabError 'bad-model' for one that cannot be read here, or none */
export function architectureOf(metadata: Metadata, reject: Reject): Architecture {
  const prefix = metadata.text('general.architecture');
  const known = architectures.find((architecture) => architecture.prefix === prefix);
  if (known === undefined)
    return reject(
      prefix === null
        ? 'it does not name its architecture'
        : `its architecture "${excerpt(prefix, 60)}" cannot be computed here`,
      `Pick a model of one of these architectures: ${architectures.map(({ prefix }) => prefix).join(', ')}.`,
    );
  if ((metadata.number(`${known.prefix}.expert_count`) ?? 0) > 0)
    return reject(
      `it is a mixture of experts of the architecture "${known.prefix}", which cannot be computed here`,
      'Pick a dense model.',
    );
  return known;
}
