import { describe, expect, test } from 'vitest';
import { openGguf } from '../../../src/models/gguf/open.ts';
import { buildTokenizer } from '../../../src/models/tokenizer.ts';
import { byteLevel, sentencepiece, tinyModel } from './tiny-gguf.ts';
import { asFile, writeGguf, type Value } from './write-gguf.ts';

const open = (
  architecture: string,
  tokenizer: Readonly<Record<string, Value>>,
  extra: Readonly<Record<string, Value>> = {},
) => openGguf(asFile(writeGguf(tinyModel(architecture, tokenizer, extra))));

async function tokenizerOf(...args: Parameters<typeof open>) {
  const { tokenizer, tokenizerConfig } = await open(...args);
  return buildTokenizer({
    tokenizer: tokenizer as unknown as Parameters<typeof buildTokenizer>[0]['tokenizer'],
    config: tokenizerConfig,
  });
}

const nasty = [
  'the 12  the\n',
  ' the',
  'don’t',
  '東京 👍🏽',
  '\ufeffthe',
  'a\u0085b\u00a0c',
  '\u0000',
  'the  \n  the',
  '<|im_end',
];

describe('a byte-level vocabulary', () => {
  test('gives every text back', async () => {
    const { encode, decode } = await tokenizerOf('llama', byteLevel);
    for (const text of nasty) expect(decode(encode(text, false))).toBe(text);
  });

  test('merges as its list says, and reads added tokens whole', async () => {
    const { encode } = await tokenizerOf('llama', byteLevel);
    const [the, blankThe, start, end, think] = [257, 258, 259, 260, 261];
    expect(encode('the the', true)).toEqual([the, blankThe]);
    expect(encode('<|im_start|>the<|im_end|><think>', true)).toEqual([start, the, end, think]);
  });

  test.each([
    // A blank before a digit belongs to the digit, to nothing, or to the run of blanks.
    ['gpt-2', 'a  22', ['a', ' ', ' 22']],
    ['smollm', 'a  22', ['a', '  ', '2', '2']],
    ['llama-bpe', 'a 12345', ['a', ' ', '123', '45']],
    ['qwen2', 'a 12', ['a', ' ', '1', '2']],
    ['default', 'a+b 12345', ['a', '+', 'b', ' ', '123', '45']],
  ])('splits by the rule %s', async (pre, text, words) => {
    // A merge for each word that the rule must leave whole; where the rule cuts, nothing can merge.
    const spelled = (word: string) => word.replaceAll(' ', 'Ġ');
    const texts = byteLevel['tokenizer.ggml.tokens']![1] as readonly string[];
    const all = [...new Set(words.flatMap((word) => prefixes(spelled(word))))].filter(
      (w) => !texts.includes(w),
    );
    const across = prefixes(spelled(text)).filter((w) => !texts.includes(w) && !all.includes(w));
    const added = [...all, ...across];
    const tokenizer = {
      ...byteLevel,
      'tokenizer.ggml.tokens': ['texts', [...texts, ...added]],
      'tokenizer.ggml.token_type': [
        'i32s',
        [...texts, ...added].map((_, id) => (id === 259 || id === 260 ? 3 : 1)),
      ],
      'tokenizer.ggml.merges': ['texts', added.map((w) => `${w.slice(0, -1)} ${w.at(-1)!}`)],
      'tokenizer.ggml.pre': ['text', pre],
    } as const;
    const { encode } = await tokenizerOf('llama', tokenizer);
    expect(encode(text, false).map((id) => [...texts, ...added][id])).toEqual(words.map(spelled));
  });

  test('begins texts with bos where the file, or else the rule, says so', async () => {
    const first = async (extra: Readonly<Record<string, Value>>) =>
      (await tokenizerOf('llama', byteLevel, extra)).encode('the', true)[0];
    expect(await first({})).toBe(257);
    expect(await first({ 'tokenizer.ggml.pre': ['text', 'llama-bpe'] })).toBe(259);
    expect(await first({ 'tokenizer.ggml.add_bos_token': ['bool', true] })).toBe(259);
    expect(
      await first({
        'tokenizer.ggml.pre': ['text', 'llama-bpe'],
        'tokenizer.ggml.add_bos_token': ['bool', false],
      }),
    ).toBe(257);
  });
});

/** Of two characters or more. */
const prefixes = (word: string): readonly string[] =>
  Array.from(word, (_, i) => word.slice(0, i + 1)).filter((w) => w.length > 1);

describe('a SentencePiece vocabulary', () => {
  const idOf = (piece: string) =>
    (sentencepiece['tokenizer.ggml.tokens']![1] as readonly string[]).indexOf(piece);

  test('joins the best-scored neighbors first, behind bos and a blank', async () => {
    const { encode } = await tokenizerOf('llama', sentencepiece);
    expect(encode('the', true)).toEqual([1, idOf('▁the')]);
    expect(encode('the the', true)).toEqual([1, idOf('▁the'), idOf('▁the')]);
    // As llama.cpp and SentencePiece do, also before a blank and behind a special token.
    expect(encode('  the', false)).toEqual([idOf('▁▁'), idOf('▁the')]);
    expect(encode('<s>the', false)).toEqual([1, idOf('▁the')]);
    expect(encode('thes', false)).toEqual([idOf('▁the'), idOf('s')]);
  });

  test('writes what it does not know in bytes', async () => {
    const { encode, decode } = await tokenizerOf('llama', sentencepiece);
    expect(encode('é', false)).toEqual([idOf('▁'), idOf('<0xC3>'), idOf('<0xA9>')]);
    for (const text of ['the\n東京 👍', '  the', 'x']) expect(decode(encode(text, false))).toBe(text);
  });

  test('of Gemma puts no blank in front', async () => {
    const { encode } = await tokenizerOf('gemma3', sentencepiece);
    expect(encode('the', true)).toEqual([1, idOf('t'), idOf('he')]);
    expect(encode('the the', false)).toEqual([idOf('t'), idOf('he'), idOf('▁the')]);
  });

  test('of Gemma reads runs of blanks, which its converter writes as typed, as pieces', async () => {
    const texts = (sentencepiece['tokenizer.ggml.tokens']![1] as readonly string[]).map((t) =>
      t === '▁▁' ? '  ' : t,
    );
    const { encode, decode } = await tokenizerOf('gemma3', {
      ...sentencepiece,
      'tokenizer.ggml.tokens': ['texts', texts],
      'tokenizer.ggml.token_type': [
        'i32s',
        texts.map((text, id) => [2, 3, 3][id] ?? (text === '  ' ? 4 : id < 259 ? 6 : 1)),
      ],
    });
    expect(encode('t  t', false)).toEqual([idOf('t'), idOf('▁'), idOf('▁t')]);
    expect(encode('t  ', false)).toEqual([idOf('t'), idOf('▁▁')]);
    expect(decode(encode('t   s', false))).toBe('t   s');
  });

  test('keeps a byte order mark that is a token', async () => {
    const { tokenizer } = await open('llama', sentencepiece);
    const { vocab } = tokenizer.model as { readonly vocab: Readonly<Record<string, number>> };
    expect(vocab['\ufeff']).toBe(idOf('\ufeff'));
    expect(Object.hasOwn(vocab, '')).toBe(false);
  });

  test('needs as many scores as tokens', async () => {
    await expect(
      open('llama', { ...sentencepiece, 'tokenizer.ggml.scores': ['f32s', [1]] }),
    ).rejects.toMatchObject({
      code: 'bad-model',
    });
  });
});

describe('chat templates', () => {
  const template = async (extra: Readonly<Record<string, Value>>) =>
    (await open('llama', byteLevel, extra)).tokenizerConfig.chat_template;

  test('are one text, or several by name', async () => {
    expect(await template({})).toBe(byteLevel['tokenizer.chat_template']![1]);
    expect(
      await template({
        'tokenizer.chat_templates': ['texts', ['tool_use']],
        'tokenizer.chat_template.tool_use': ['text', 'tools'],
      }),
    ).toEqual([
      { name: 'default', template: byteLevel['tokenizer.chat_template']![1] },
      { name: 'tool_use', template: 'tools' },
    ]);
  });

  test('are left out where the file has none', async () => {
    expect((await open('llama', sentencepiece)).tokenizerConfig).not.toHaveProperty('chat_template');
  });
});
