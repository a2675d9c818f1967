import { beforeAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../src/models/onnx/graph.ts';
import { writeOnnx } from '../../../src/models/onnx/proto.ts';
import {
  loadTransformersClassifier,
  loadTransformersModel,
} from '../../../src/models/runtimes/transformers/index.ts';
import { readSafetensors, writeSafetensors } from '../../../src/models/safetensors.ts';
import type { TextClassifier } from '../../../src/models/text-classifier.ts';
import { createTextTokenizer } from '../../../src/models/text-tokenizer.ts';
import { textTokenizerFiles } from '../text-tokenizer-files.ts';
import {
  serve,
  tinyEntry,
  tinyFolder,
  tinyGuardConfig,
  tinyGuardFolder,
  tinySite,
  tinyTokenizer,
  tinyTokenizerConfig,
  tinyWeights,
  type Files,
} from '../tiny-model.ts';
import { referenceForward, referenceLogSoftmax } from '../whitebox/reference-forward.ts';

const load = (files: Files) =>
  loadTransformersClassifier(tinyEntry, { device: 'wasm', baseUrl: tinySite, fetch: serve(files) });
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const edited = (files: Files, name: string, change: object): Files => {
  const before = JSON.parse(new TextDecoder().decode(files.get(name))) as object;
  return new Map(files).set(name, json({ ...before, ...change }));
};

const texts = [
  'How do I wake the stone giant?',
  'x',
  'Please tell me a story about the kitten on the clock tower. '.repeat(3),
  '',
  'Hello!',
];
const weights = tinyWeights(tinyGuardConfig);

describe('a bundled guard', () => {
  const files = tinyGuardFolder(weights, { weights: 'float16' });
  let guard: TextClassifier;
  beforeAll(async () => {
    guard = await load(files);
  });

  test('gives the probabilities of a float64 forward pass over the stored weights', async () => {
    expect(guard).toMatchObject({ id: 'tiny', labels: ['safe', 'odd', 'unsafe'], contextWindow: 256 });
    const { tensors } = readSafetensors(writeSafetensors(weights, { dtype: 'F16' }));
    const tokenizer = createTextTokenizer(
      textTokenizerFiles(
        { tokenizer: tinyTokenizer, config: tinyTokenizerConfig },
        { before: ['<|bos|>'], after: ['<|end|>'] },
      ),
    );
    const probabilities = await guard.classify(texts);
    texts.forEach((text, i) => {
      const { logits } = referenceForward(tinyGuardConfig, tensors, tokenizer.encode(text, 256));
      referenceLogSoftmax(logits.at(-1)!).forEach((logProb, label) =>
        expect(Math.abs(probabilities[i]![label]! - Math.exp(logProb))).toBeLessThan(1e-3),
      );
    });
  });

  test('gives a text the same bits alone, in a batch and among other requests', async () => {
    const alone = [];
    for (const text of texts) alone.push((await guard.classify([text]))[0]);
    expect(await guard.classify(texts)).toEqual(alone);
    const apart = await Promise.all(texts.toReversed().map((text) => guard.classify([text, 'beside it'])));
    expect(apart.map(([first]) => first).toReversed()).toEqual(alone);
    expect(await guard.classify([])).toEqual([]);
  });

  test('reads the start of a text that is longer than its window', async () => {
    const long = 'abc '.repeat(200);
    const [cut, other] = await guard.classify([long, `${long} and an end that is not read`]);
    expect(cut).toEqual(other);
  });

  test('stops when its signal aborts, and still answers the other requests', async () => {
    const controller = new AbortController();
    const stopped = guard.classify(texts, { signal: controller.signal });
    const others = guard.classify(texts);
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(await others).toEqual(await guard.classify(texts));
  });

  test('does not load as a language model, nor a language model as a guard', async () => {
    const options = { device: 'wasm', baseUrl: tinySite } as const;
    await expect(loadTransformersModel(tinyEntry, { ...options, fetch: serve(files) })).rejects.toMatchObject(
      { code: 'not-supported', message: expect.stringContaining('sorts texts') },
    );
    await expect(load(tinyFolder())).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('writes text'),
    });
  });

  test('is compared with the logits stored with it', async () => {
    const ids = [1, 100, 101, 2];
    const { tensors } = readSafetensors(writeSafetensors(weights, { dtype: 'F16' }));
    const logits = Array.from(referenceForward(tinyGuardConfig, tensors, ids).logits.at(-1)!);
    const stored = (values: readonly number[]) =>
      new Map(files).set('selftest.json', json({ ids, logits: values }));
    await expect(load(stored(logits))).resolves.toMatchObject({ id: 'tiny' });
    const wrong = stored(logits.with(1, logits[1]! + 0.05));
    await expect(load(wrong)).rejects.toMatchObject({ code: 'bad-model' });
  });
});

describe('a folder that cannot serve as a guard says why', () => {
  test('labels that the graph does not give', async () => {
    const two = edited(tinyGuardFolder(), 'config.json', { id2label: { 0: 'no', 1: 'yes' } });
    await expect(load(two)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('one number per label (no, yes)'),
    });
  });
  test('labels that do not exclude each other', async () => {
    const many = edited(tinyGuardFolder(), 'config.json', { problem_type: 'multi_label_classification' });
    await expect(load(many)).rejects.toMatchObject({ code: 'not-supported' });
  });
  test('a missing graph', async () => {
    const files = new Map(tinyGuardFolder());
    files.delete('onnx/model.onnx');
    await expect(load(files)).rejects.toMatchObject({ code: 'unknown-model' });
  });
});

/** Like guards from the hub: WordPiece, [CLS] and [SEP], segment ids, a bidirectional encoder. */
describe('a BERT from the hub', () => {
  const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'wake', 'the', 'giant', 'kit', '##ten', 'feed'];
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const tokenizer = {
    version: '1.0',
    added_tokens: tokens.slice(0, 4).map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };

  /** Logits are sums over the tokens of a text: [tokens, tokens called giant]. */
  function counting(): Uint8Array<ArrayBuffer> {
    const g = new GraphBuilder();
    const shape = ['batch_size', 'sequence_length'];
    const [ids, mask, segments] = ['input_ids', 'attention_mask', 'token_type_ids'].map((name) =>
      g.input(name, 'int64', shape),
    ) as [string, string, string];
    const table = Float32Array.from(tokens.flatMap((token) => [1, token === 'giant' ? 1 : 0]));
    const rows = g.op('Gather', [g.tensor('table', { shape: [tokens.length, 2], data: table }), ids]);
    const real = g.op('Cast', [g.op('Sub', [mask, segments])], { attributes: { to: { int: 1 } } });
    const seen = g.op('Mul', [rows, g.op('Unsqueeze', [real, g.ints([2])])]);
    g.op('ReduceSum', [seen, g.ints([1])], {
      attributes: { keepdims: { int: 0 } },
      outputs: ['logits'],
    });
    g.output('logits', 'float32', ['batch_size', 2]);
    return writeOnnx(g.finish('counting', { '': 18 }));
  }

  const files: Files = new Map([
    [
      'config.json',
      json({
        model_type: 'deberta-v2',
        architectures: ['DebertaV2ForSequenceClassification'],
        vocab_size: tokens.length,
        max_position_embeddings: 512,
        id2label: { 1: 'JAILBREAK', 0: 'BENIGN' },
      }),
    ],
    ['tokenizer.json', json(tokenizer)],
    [
      'tokenizer_config.json',
      json({ tokenizer_class: 'BertTokenizer', cls_token: '[CLS]', model_max_length: 6 }),
    ],
    ['onnx/model_quantized.onnx', counting()],
  ]);

  test('loads, with its own tokens, labels and window', async () => {
    const guard = await load(files);
    expect(guard).toMatchObject({ labels: ['BENIGN', 'JAILBREAK'], contextWindow: 6 });
    const probabilities = await guard.classify([
      'Wake the giant',
      'feed kitten',
      'the '.repeat(20) + 'giant',
    ]);
    // Tokens with [CLS] and [SEP]: 5 and one giant; 5 and none; 6 and none, for the giant is past the window.
    const logits = [
      [5, 1],
      [5, 0],
      [6, 0],
    ] as const;
    probabilities.forEach(([benign], i) =>
      expect(benign).toBeCloseTo(1 / (1 + Math.exp(logits[i]![1] - logits[i]![0])), 5),
    );
  });
});
