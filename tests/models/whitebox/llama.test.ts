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
      ropeTheta: 100000,
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
    expect(parseLlamaConfig(old)).toMatchObject({ kvHeads: 9, ropeTheta: 10000 });
    const rope = { rope_type: 'default', rope_theta: 5e5 };
    expect(parseLlamaConfig({ ...old, rope_parameters: rope }).ropeTheta).toBe(5e5);
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
    ['scaled rotary embeddings', { rope_scaling: { rope_type: 'llama3', factor: 32 } }, /"llama3"/],
    ['another activation', { hidden_act: 'gelu' }, /"gelu"/],
    ['feed-forward biases', { mlp_bias: true }, /feed-forward/],
    ['sliding windows', { use_sliding_window: true }, /sliding/],
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
  ])('rejects %s', (_, changes, message) => {
    const parse = () => parseLlamaConfig({ ...smolLm2, ...changes });
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'bad-model' }));
  });

  test.each([[{}], [{ model_type: 'qwen2' }], [{ model_type: 'qwen3' }], [{ attention_bias: true }]])(
    'is read back as it was written: %j',
    (changes) => {
      const config = tinyConfig(changes);
      expect(parseLlamaConfig(JSON.parse(JSON.stringify(toHubConfig(config))))).toEqual(config);
    },
  );
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
