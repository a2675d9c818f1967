import { describe, expect, test } from 'vitest';
import { tinyConfig } from './tiny.ts';
import { LabError } from '../../../src/core/errors.ts';
import { createRandom } from '../../../src/core/random.ts';
import {
  checkWeights,
  initWeights,
  parameterCount,
  weightShapes,
} from '../../../src/models/llama-weights.ts';
import { parseLlamaConfig, toHubConfig } from '../../../src/models/llama.ts';

// The fields that matter of https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct/blob/main/config.json
const smolLm2 = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: 'silu',
  hidden_size: 576,
  intermediate_size: 1536,
  is_llama_config: true,
  max_position_embeddings: 8192,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  pad_token_id: 2,
  rms_norm_eps: 1e-5,
  rope_interleaved: false,
  rope_scaling: null,
  rope_theta: 100000,
  tie_word_embeddings: true,
  vocab_size: 49152,
};

describe('config.json', () => {
  test('of SmolLM2 is read, and gives the published number of parameters', () => {
    const config = parseLlamaConfig(smolLm2);
    expect(config).toMatchObject({
      layers: 30,
      headDim: 64,
      kvHeads: 3,
      rope: { theta: 100000, scaling: null },
      eosTokenIds: [2],
    });
    expect(parameterCount(config)).toBe(134_515_008); // the safetensors count on the model card
  });

  test('of a classifier names its labels in order, and asks for a score head', () => {
    const hub = { ...toHubConfig({ ...tinyConfig(), labels: ['safe', 'odd', 'unsafe'] }) };
    expect(hub).toMatchObject({
      architectures: ['LlamaForSequenceClassification'],
      id2label: { 0: 'safe', 1: 'odd', 2: 'unsafe' },
      label2id: { safe: 0, odd: 1, unsafe: 2 },
    });
    const config = parseLlamaConfig(JSON.parse(JSON.stringify(hub)));
    expect(config).toEqual({ ...tinyConfig(), labels: ['safe', 'odd', 'unsafe'] });
    const shapes = weightShapes(config);
    expect(shapes.get('score.weight')).toEqual([3, config.hiddenSize]);
    expect(shapes.has('lm_head.weight')).toBe(false);
  });

  test('is read in its older and newer spellings', () => {
    const { num_key_value_heads: _, rope_theta: __, ...old } = smolLm2;
    expect(parseLlamaConfig(old)).toMatchObject({ kvHeads: 9, rope: { theta: 10000 } });
    const rope = { rope_type: 'default', rope_theta: 5e5 };
    expect(parseLlamaConfig({ ...old, rope_parameters: rope }).rope.theta).toBe(5e5);
    expect(parseLlamaConfig({ ...smolLm2, eos_token_id: [2, 7], pad_token_id: -1 })).toMatchObject({
      eosTokenIds: [2, 7],
      padTokenId: null,
    });
  });

  test('of Qwen2 asks for biases, of Qwen3 for query and key norms', () => {
    const qwen2 = parseLlamaConfig({ ...smolLm2, model_type: 'qwen2' });
    expect([...weightShapes(qwen2).keys()].filter((name) => name.endsWith('.bias')).length).toBe(90);
    const qwen3 = parseLlamaConfig({ ...smolLm2, model_type: 'qwen3', head_dim: 128 });
    expect(weightShapes(qwen3).get('model.layers.0.self_attn.q_norm.weight')).toEqual([128]);
  });

  test.each([
    ['another architecture', { model_type: 'gpt2' }, /"gpt2"/],
    ['rotary scaling of other kinds', { rope_scaling: { rope_type: 'yarn', factor: 32 } }, /"yarn"/],
    ['another activation', { hidden_act: 'gelu' }, /"gelu"/],
    ['feed-forward biases', { mlp_bias: true }, /feed-forward/],
    ['sliding windows of Llama', { use_sliding_window: true }, /sliding/],
    ['capped logits', { final_logit_softcapping: 30 }, /softcapping/],
    ['attention that looks ahead', { use_bidirectional_attention: true }, /ahead/],
    [
      'layers of other kinds',
      { model_type: 'qwen3', use_sliding_window: true, layer_types: ['conv'] },
      /"conv"/,
    ],
    [
      'rotary factors that depend on length',
      { rope_scaling: { rope_type: 'longrope', short_factor: [1], long_factor: [2], attention_factor: 1 } },
      /depend on the length/,
    ],
    ['quantized weights', { quantization_config: { bits: 4 } }, /quantized/],
  ])('refuses %s', (_, changes, message) => {
    const parse = () => parseLlamaConfig({ ...smolLm2, ...changes });
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'not-supported' }));
  });

  test.each([
    ['no vocabulary', { vocab_size: undefined }, /vocab_size/],
    ['a fraction of a layer', { num_hidden_layers: 1.5 }, /num_hidden_layers/],
    ['heads that cannot be grouped', { num_key_value_heads: 4 }, /9 heads cannot share 4/],
    ['an odd head', { head_dim: 63 }, /63 dimensions/],
    [
      'RoPE scaling without its numbers',
      { rope_scaling: { rope_type: 'llama3', factor: 32 } },
      /low_freq_factor/,
    ],
  ])('rejects %s', (_, changes, message) => {
    const parse = () => parseLlamaConfig({ ...smolLm2, ...changes });
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'bad-model' }));
  });

  const gemma270m = {
    model_type: 'gemma3_text',
    vocab_size: 262144,
    hidden_size: 640,
    intermediate_size: 2048,
    num_hidden_layers: 18,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    max_position_embeddings: 32768,
    sliding_window: 512,
  };

  test('of Gemma 3 270M is read with the defaults of its family, and gives its number of parameters', () => {
    const config = parseLlamaConfig(gemma270m);
    expect(config).toMatchObject({
      headDim: 256,
      tieWordEmbeddings: true,
      queryPreAttentionScalar: 256,
      rope: { theta: 1e6, scaling: null },
    });
    const layers = Array.from({ length: 18 }, (_, i) => i).filter((i) => i % 6 !== 5);
    expect(config.sliding).toEqual({ window: 512, rope: { theta: 1e4, scaling: null }, layers });
    expect(parameterCount(config)).toBe(268_098_176);
  });

  test('of Gemma 3 is read in its older and newer spellings', () => {
    const older = {
      rope_theta: 2e6,
      rope_local_base_freq: 5e3,
      rope_scaling: { rope_type: 'linear', factor: 8 },
    };
    const newer = {
      rope_parameters: {
        full_attention: { rope_type: 'linear', factor: 8, rope_theta: 2e6 },
        sliding_attention: { rope_type: 'default', rope_theta: 5e3 },
      },
    };
    const config = parseLlamaConfig({ ...gemma270m, ...older, sliding_window_pattern: 3 });
    const layer_types = Array.from({ length: 18 }, (_, i) => `${i % 3 === 2 ? 'full' : 'sliding'}_attention`);
    expect(parseLlamaConfig({ ...gemma270m, ...newer, layer_types })).toEqual(config);
    expect(config.rope.scaling).toEqual({ kind: 'linear', factor: 8 });
    expect(parseLlamaConfig(JSON.parse(JSON.stringify(toHubConfig(config))))).toEqual(config);
  });

  test('names another architecture before it looks for fields that it lacks', () => {
    expect(() => parseLlamaConfig({ model_type: 'gpt2', n_embd: 768 })).toThrow(/"gpt2", not one of llama/);
  });

  test.each([
    [{}],
    [{ model_type: 'qwen2' }],
    [{ model_type: 'qwen3' }],
    [{ attention_bias: true }],
    [{ model_type: 'qwen2', use_sliding_window: true, sliding_window: 5, max_window_layers: 1 }],
    [{ rope_scaling: { type: 'linear', factor: 2 } }],
    [
      {
        rope_scaling: {
          rope_type: 'llama3',
          factor: 8,
          low_freq_factor: 1,
          high_freq_factor: 4,
          original_max_position_embeddings: 64,
        },
      },
    ],
    [
      {
        rope_scaling: {
          rope_type: 'longrope',
          short_factor: [1, 1, 2, 4],
          long_factor: [1, 1, 2, 4],
          attention_factor: 1,
        },
      },
    ],
  ])('is read back as it was written: %j', (changes) => {
    const config = tinyConfig(changes);
    expect(parseLlamaConfig(JSON.parse(JSON.stringify(toHubConfig(config))))).toEqual(config);
  });
});

describe('weights', () => {
  const config = tinyConfig();
  const weights = initWeights(config, createRandom(1));

  test('start at their documented scales', () => {
    const deviation = (name: string) => {
      const { data } = weights.get(name)!;
      return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    };
    expect(deviation('model.embed_tokens.weight')).toBeCloseTo(0.02, 2);
    expect(deviation('model.layers.1.mlp.down_proj.weight')).toBeCloseTo(0.01, 3);
    expect([...weights.get('model.norm.weight')!.data]).toEqual(new Array(16).fill(1));
  });

  test('depend on the seed only', () => {
    expect(initWeights(config, createRandom(1))).toEqual(weights);
    expect(
      initWeights(tinyConfig({ num_hidden_layers: 3 }), createRandom(1)).get('model.embed_tokens.weight'),
    ).toEqual(weights.get('model.embed_tokens.weight'));
    expect(initWeights(config, createRandom(2))).not.toEqual(weights);
  });

  test('are checked by name and shape; extra tensors are dropped', () => {
    const extra = new Map(weights).set('lm_head.weight', { shape: [1], data: new Float32Array(1) });
    expect([...checkWeights(config, extra).keys()]).toEqual([...weights.keys()]);
    const missing = new Map(weights);
    missing.delete('model.norm.weight');
    expect(() => checkWeights(config, missing)).toThrow(/no weight "model.norm.weight"/);
    const bent = new Map(weights).set('model.norm.weight', { shape: [15], data: new Float32Array(15) });
    expect(() => checkWeights(config, bent)).toThrow(/shape \[15\].*asks for \[16\]/);
    expect(() => checkWeights(config, bent)).toThrow(LabError);
  });
});
