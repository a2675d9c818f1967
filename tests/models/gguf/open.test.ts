import { gguf } from '@huggingface/gguf';
import { describe, expect, test } from 'vitest';
import { readHeader } from '../../../src/models/gguf/header.ts';
import { openGguf } from '../../../src/models/gguf/open.ts';
import { byteLevel, numbered, sentencepiece, sizes, tinyModel } from './tiny-gguf.ts';
import { asFile, writeGguf, type Value } from './write-gguf.ts';

const open = (architecture: string, extra: Readonly<Record<string, Value>> = {}) =>
  openGguf(asFile(writeGguf(tinyModel(architecture, byteLevel, extra))));

const valuesOf = async (file: Promise<Awaited<ReturnType<typeof openGguf>>>, name: string) =>
  (await file).tensors.get(name)!.read();

test('the header is read as @huggingface/gguf reads it', async () => {
  const bytes = writeGguf(tinyModel('qwen3'));
  const theirs = await gguf('https://file.invalid/tiny.gguf', {
    fetch: () => Promise.resolve(new Response(bytes)),
  });
  const ours = await readHeader(asFile(bytes), 'tiny.gguf');
  expect(ours.tensors).toEqual(
    theirs.tensorInfos.map(({ name, shape, dtype, offset }) => ({
      name,
      shape: shape.map(Number).reverse(),
      type: dtype,
      begin: Number(theirs.tensorDataOffset + offset),
      bytes: 4 * shape.map(Number).reduce((a, b) => a * b, 1),
    })),
  );
  const metadata = theirs.metadata as unknown as Readonly<Record<string, unknown>>;
  expect(ours.metadata.texts('tokenizer.ggml.tokens')).toEqual(metadata['tokenizer.ggml.tokens']);
  expect(ours.metadata.number('qwen3.rope.freq_base')).toBe(metadata['qwen3.rope.freq_base']);
});

describe('the config', () => {
  test('of a llama says what the metadata say', async () => {
    const { config, title, license, generation } = await open('llama');
    expect({ title, license }).toEqual({ title: 'Tiny', license: 'mit' });
    expect(config).toMatchObject({
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      vocab_size: 263,
      hidden_size: sizes.hidden,
      intermediate_size: sizes.inner,
      num_hidden_layers: sizes.layers,
      num_attention_heads: sizes.heads,
      num_key_value_heads: sizes.keyHeads,
      head_dim: sizes.headDim,
      rms_norm_eps: 1e-5,
      rope_theta: 100_000,
      rope_scaling: null,
      tie_word_embeddings: true,
      attention_bias: false,
    });
    // The end of a document, and the token with which the template ends a turn.
    expect(generation).toMatchObject({ bos_token_id: 259, eos_token_id: [262, 260] });
  });

  test.each([
    ['mistral', 'llama'],
    ['qwen2', 'qwen2'],
    ['qwen3', 'qwen3'],
    ['gemma3', 'gemma3_text'],
  ])('of %s has the type %s', async (architecture, type) => {
    expect((await open(architecture)).config.model_type).toBe(type);
  });

  test('of Gemma 3 says which layers look far, and how their angles differ', async () => {
    const { config } = await open('gemma3', { 'gemma3.block_count': ['u32', 7] });
    expect(config.layer_types).toEqual([
      ...Array.from({ length: 5 }, () => 'sliding_attention'),
      'full_attention',
      'sliding_attention',
    ]);
    expect(config).toMatchObject({
      sliding_window: 16,
      rope_local_base_freq: 10_000,
      query_pre_attn_scalar: 4,
    });
  });

  test('knows linear and YaRN scaling', async () => {
    const scaling = async (type: string) =>
      (
        await open('llama', {
          'llama.rope.scaling.type': ['text', type],
          'llama.rope.scaling.factor': ['f32', 4],
          'llama.rope.scaling.original_context_length': ['u32', 16],
        })
      ).config.rope_scaling;
    expect(await scaling('linear')).toEqual({ rope_type: 'linear', factor: 4 });
    expect(await scaling('yarn')).toEqual({
      rope_type: 'yarn',
      factor: 4,
      original_max_position_embeddings: 16,
    });
    expect(await scaling('none')).toBeNull();
  });
});

describe("Llama 3's RoPE factors", () => {
  const headDim = 64;
  const theta = 500_000;
  /** As transformers computes the frequencies of rope_type "llama3", as quotients. */
  const factors = (factor: number, low: number, high: number, context: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: headDim / 2 }, (_, i) => {
      const wavelength = 2 * Math.PI * theta ** ((2 * i) / headDim);
      if (wavelength < context / high) return 1;
      if (wavelength > context / low) return factor;
      const smooth = (context / wavelength - low) / (high - low);
      return 1 / ((1 - smooth) / factor + smooth);
    });
  const scalingOf = async (data: Float32Array<ArrayBuffer>) => {
    const { metadata, tensors } = tinyModel('llama', byteLevel, {
      'llama.attention.key_length': ['u32', headDim],
      'llama.rope.freq_base': ['f32', theta],
    });
    const grown = tensors.map((tensor) => {
      const isKey = tensor.name.includes('attn_k');
      if (!isKey && !tensor.name.includes('attn_q')) return tensor;
      const shape = [(isKey ? sizes.keyHeads : sizes.heads) * headDim, sizes.hidden];
      return { ...tensor, shape, data: numbered(shape) };
    });
    const file = { metadata, tensors: [...grown, { name: 'rope_freqs.weight', shape: [data.length], data }] };
    const { config, tensors: named } = await openGguf(asFile(writeGguf(file)));
    expect([...named.keys()].some((name) => name.includes('rope'))).toBe(false);
    return config.rope_scaling as { readonly factor: number; readonly [key: string]: number | string };
  };

  test('become the usual parameters', async () => {
    expect(await scalingOf(factors(32, 1, 4, 8192))).toEqual({
      rope_type: 'llama3',
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    });
  });

  test('become other parameters that give the same factors', async () => {
    const data = factors(8, 1.5, 6, 4096);
    const scaling = await scalingOf(data);
    const again = factors(
      scaling.factor,
      scaling.low_freq_factor as number,
      scaling.high_freq_factor as number,
      scaling.original_max_position_embeddings as number,
    );
    again.forEach((factor, i) => expect(factor / data[i]!).toBeCloseTo(1, 4));
  });

  test('that follow no known rule are refused', async () => {
    const data = factors(8, 1, 4, 8192);
    data[3] = 5;
    await expect(scalingOf(data)).rejects.toMatchObject({ code: 'bad-model' });
  });
});

describe('tensors', () => {
  test('have the names and shapes of a Hugging Face checkpoint', async () => {
    const { tensors } = await open('gemma3');
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toMatchObject({
      'model.embed_tokens.weight': [263, 8],
      'model.norm.weight': [8],
      'model.layers.1.input_layernorm.weight': [8],
      'model.layers.1.self_attn.q_proj.weight': [8, 8],
      'model.layers.1.self_attn.k_proj.weight': [4, 8],
      'model.layers.1.self_attn.q_norm.weight': [4],
      'model.layers.1.post_attention_layernorm.weight': [8],
      'model.layers.1.pre_feedforward_layernorm.weight': [8],
      'model.layers.1.post_feedforward_layernorm.weight': [8],
      'model.layers.1.mlp.down_proj.weight': [8, 12],
    });
    expect(tensors.has('lm_head.weight')).toBe(false);
  });

  test('of Gemma lose the 1 that was added to the weights of norms', async () => {
    expect(await valuesOf(open('gemma3'), 'model.norm.weight')).toEqual(numbered([8], -1));
    expect(await valuesOf(open('gemma3'), 'model.layers.0.self_attn.q_norm.weight')).toEqual(
      numbered([4], -1),
    );
    expect(await valuesOf(open('qwen3'), 'model.layers.0.self_attn.q_norm.weight')).toEqual(numbered([4]));
  });

  test('of a llama have the rows of queries and keys half a head apart again', async () => {
    const rows = async (architecture: string, part: string) => {
      const values = await valuesOf(open(architecture), `model.layers.0.self_attn.${part}_proj.weight`);
      return Array.from({ length: values.length / 8 }, (_, row) => values[row * 8]! / 8);
    };
    expect(await rows('llama', 'q')).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    expect(await rows('llama', 'k')).toEqual([0, 2, 1, 3]);
    expect(await rows('llama', 'v')).toEqual([0, 1, 2, 3]);
    expect(await rows('qwen2', 'q')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('of a llama have biases in the order of their rows', async () => {
    const { metadata, tensors } = tinyModel('llama');
    const bias = { name: 'blk.0.attn_q.bias', shape: [8], data: numbered([8]) };
    const file = openGguf(asFile(writeGguf({ metadata, tensors: [...tensors, bias] })));
    expect([...(await valuesOf(file, 'model.layers.0.self_attn.q_proj.bias'))]).toEqual([
      0, 2, 1, 3, 4, 6, 5, 7,
    ]);
    expect((await file).config.attention_bias).toBe(true);
  });

  test('that no layer needs are left out, in whatever type they are', async () => {
    const { metadata, tensors } = tinyModel('gemma3', sentencepiece);
    const vision = { name: 'v.blk.0.attn_q.weight', shape: [8], type: 16, data: new Float32Array(8) };
    const { tensors: named } = await openGguf(asFile(writeGguf({ metadata, tensors: [...tensors, vision] })));
    expect(named.size).toBe(tensors.length);
  });
});

describe('a tensor in pieces', () => {
  /** 34,000 rows of 32 values, stored as `type` with `blockBytes` for each row: a little more than fits into a piece. */
  function large(architecture: string, type: number, blockBytes: number) {
    const { metadata, tensors } = tinyModel(architecture, sentencepiece);
    const rows = 34_000;
    const data = Uint8Array.from({ length: rows * blockBytes }, (_, i) =>
      i % blockBytes < 2 ? 0x30 : i % 251,
    );
    const wide = { name: 'token_embd.weight', shape: [rows, 32], type, data };
    return openGguf(asFile(writeGguf({ metadata, tensors: [wide, ...tensors.slice(1)] })));
  }

  test.each([
    ['Q8_0', 8, 34],
    ['Q4_0', 2, 18],
    ['F16', 1, 64],
  ])('of type %s holds at most 4 MiB at a time, and all values in order', async (_, type, blockBytes) => {
    const tensor = (await large('llama', type, blockBytes)).tensors.get('model.embed_tokens.weight')!;
    const whole = await tensor.read();
    let at = 0;
    let count = 0;
    for await (const piece of tensor.pieces!()) {
      expect(piece.byteLength).toBeLessThanOrEqual(4 * 2 ** 20);
      expect(Buffer.compare(bytesOf(piece), bytesOf(whole.subarray(at, at + piece.length)))).toBe(0);
      at += piece.length;
      count++;
    }
    expect([at, count]).toEqual([whole.length, 2]);
  });

  const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>) =>
    new Uint8Array(buffer, byteOffset, byteLength);

  test('has the changes of the whole, or is not offered', async () => {
    const gemma = (await open('gemma3')).tensors.get('model.norm.weight')!;
    for await (const piece of gemma.pieces!()) expect(piece).toEqual(await gemma.read());
    // Rows of queries change places within a head.
    expect((await open('llama')).tensors.get('model.layers.0.self_attn.q_proj.weight')).not.toHaveProperty(
      'pieces',
    );
  });
});

test('a file that is gone when a tensor is read is a clear error', async () => {
  const file = asFile(writeGguf(tinyModel('llama')));
  const { tensors } = await openGguf(file);
  file.slice = () => new Blob([]);
  await expect(tensors.get('model.norm.weight')!.read()).rejects.toMatchObject({ code: 'bad-model' });
});
