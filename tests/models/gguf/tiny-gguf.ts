/** @file Tiny models of every architecture that is read, as files in GGUF. */
import type { Value, WrittenFile, WrittenTensor } from './write-gguf.ts';

/** Two layers of width 8 with two heads of 4, one of them for keys and values. */
export const sizes = { hidden: 8, heads: 2, keyHeads: 1, headDim: 4, inner: 12, layers: 2 } as const;

/** A byte-level vocabulary: all bytes, a few merges, a special token. */
const byteTexts = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(byteCharacter(byte)));
const byteLevelTexts = [
  ...byteTexts,
  'th',
  'the',
  'Ġthe',
  '<|im_start|>',
  '<|im_end|>',
  '<think>',
  '<|endoftext|>',
];

/** The character that byte-level vocabularies write for a byte. */
function byteCharacter(byte: number): number {
  const isPrintable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  if (isPrintable(byte)) return byte;
  const before = Array.from({ length: byte }, (_, b) => b).filter((b) => !isPrintable(b)).length;
  return 256 + before;
}

export const byteLevel: Readonly<Record<string, Value>> = {
  'tokenizer.ggml.model': ['text', 'gpt2'],
  'tokenizer.ggml.pre': ['text', 'smollm'],
  'tokenizer.ggml.tokens': ['texts', byteLevelTexts],
  'tokenizer.ggml.token_type': [
    'i32s',
    byteLevelTexts.map((text, id) => (text === '<think>' ? 4 : id < 259 ? 1 : 3)),
  ],
  'tokenizer.ggml.merges': ['texts', ['t h', 'th e', 'Ġ the']],
  'tokenizer.ggml.bos_token_id': ['u32', 259],
  'tokenizer.ggml.eos_token_id': ['u32', 262],
  'tokenizer.chat_template': ['text', "{{ '<|im_start|>' }}{{ messages[0]['content'] }}{{ '<|im_end|>' }}"],
};

/** A SentencePiece vocabulary: special tokens, all bytes, pieces from best to worst. */
const pieces = ['▁t', 'he', '▁the', '▁', 't', 'h', 'e', 's', '▁▁', '\ufeff'];
const scoredTexts = [
  '<unk>',
  '<s>',
  '</s>',
  ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  ...pieces,
];
export const sentencepiece: Readonly<Record<string, Value>> = {
  'tokenizer.ggml.model': ['text', 'llama'],
  'tokenizer.ggml.tokens': ['texts', scoredTexts],
  'tokenizer.ggml.scores': ['f32s', scoredTexts.map((_, id) => (id < 259 ? 0 : 258 - id))],
  'tokenizer.ggml.token_type': ['i32s', scoredTexts.map((_, id) => [2, 3, 3][id] ?? (id < 259 ? 6 : 1))],
  'tokenizer.ggml.bos_token_id': ['u32', 1],
  'tokenizer.ggml.eos_token_id': ['u32', 2],
  'tokenizer.ggml.unknown_token_id': ['u32', 0],
};

const { hidden, heads, keyHeads, headDim, inner, layers } = sizes;

/** Values that differ everywhere, so that a row in a wrong place shows. */
export const numbered = (shape: readonly number[], from = 0): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => from + i);

const tensor = (name: string, ...shape: readonly number[]): WrittenTensor => ({
  name,
  shape,
  data: numbered(shape),
});

export function tinyModel(
  architecture: string,
  tokenizer: Readonly<Record<string, Value>> = byteLevel,
  extra: Readonly<Record<string, Value>> = {},
): WrittenFile {
  const tokens = tokenizer['tokenizer.ggml.tokens']![1] as readonly string[];
  const isGemma = architecture === 'gemma3';
  const hasHeadNorms = isGemma || architecture === 'qwen3';
  const layer = (n: number): readonly WrittenTensor[] => [
    tensor(`blk.${n}.attn_norm.weight`, hidden),
    tensor(`blk.${n}.attn_q.weight`, heads * headDim, hidden),
    tensor(`blk.${n}.attn_k.weight`, keyHeads * headDim, hidden),
    tensor(`blk.${n}.attn_v.weight`, keyHeads * headDim, hidden),
    tensor(`blk.${n}.attn_output.weight`, hidden, heads * headDim),
    ...(architecture === 'qwen2' ? [tensor(`blk.${n}.attn_q.bias`, heads * headDim)] : []),
    ...(hasHeadNorms
      ? [tensor(`blk.${n}.attn_q_norm.weight`, headDim), tensor(`blk.${n}.attn_k_norm.weight`, headDim)]
      : []),
    ...(isGemma
      ? [
          tensor(`blk.${n}.post_attention_norm.weight`, hidden),
          tensor(`blk.${n}.post_ffw_norm.weight`, hidden),
        ]
      : []),
    tensor(`blk.${n}.ffn_norm.weight`, hidden),
    tensor(`blk.${n}.ffn_gate.weight`, inner, hidden),
    tensor(`blk.${n}.ffn_up.weight`, inner, hidden),
    tensor(`blk.${n}.ffn_down.weight`, hidden, inner),
  ];
  return {
    metadata: {
      'general.architecture': ['text', architecture],
      'general.name': ['text', 'Tiny'],
      'general.license': ['text', 'mit'],
      [`${architecture}.block_count`]: ['u32', layers],
      [`${architecture}.context_length`]: ['u32', 64],
      [`${architecture}.embedding_length`]: ['u32', hidden],
      [`${architecture}.feed_forward_length`]: ['u32', inner],
      [`${architecture}.attention.head_count`]: ['u32', heads],
      [`${architecture}.attention.head_count_kv`]: ['u32', keyHeads],
      [`${architecture}.attention.layer_norm_rms_epsilon`]: ['f32', 1e-5],
      [`${architecture}.rope.freq_base`]: ['f32', 100_000],
      ...(isGemma ? { 'gemma3.attention.sliding_window': ['u32', 16] as const } : {}),
      ...tokenizer,
      ...extra,
    },
    tensors: [
      tensor('token_embd.weight', tokens.length, hidden),
      ...Array.from({ length: layers }, (_, n) => layer(n)).flat(),
      tensor('output_norm.weight', hidden),
    ],
  };
}
