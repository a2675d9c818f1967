import { describe, expect, test } from 'vitest';
import { LabError } from '../../../src/core/errors.ts';
import { openGguf } from '../../../src/models/gguf/open.ts';
import { byteLevel, tinyModel } from './tiny-gguf.ts';
import { asFile, writeGguf, type WrittenFile } from './write-gguf.ts';

const tiny = tinyModel('llama');
const sound = writeGguf(tiny);

async function refusal(files: Blob | readonly Blob[]): Promise<LabError> {
  const error: unknown = await openGguf(files).then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(LabError);
  return error as LabError;
}

const refusalOf = (file: WrittenFile) => refusal(asFile(writeGguf(file)));

describe('a file that is no GGUF file', () => {
  test.each([
    ['PK\u0003\u0004 and more', 'zip archive'],
    ['<!doctype html><p>Not found', 'web page'],
    ['version https://git-lfs.github.com/spec/v1', 'Git LFS'],
    ['\u0010\0\0\0\0\0\0\0{"a":{}}', 'safetensors'],
    ['ggml and so on', 'older format'],
    ['Hello', 'does not begin with the letters GGUF'],
    ['', 'does not begin with the letters GGUF'],
    ['GGUF\u0003\0\0\0', 'too few'],
    ['GGUF\0\0\0\u0003' + '\0'.repeat(40), 'big end first'],
    ['GGUF\u0001\0\0\0' + '\0'.repeat(40), 'version 1'],
  ])('%j is named', async (text, reason) => {
    const error = await refusal(
      asFile(
        Uint8Array.from(text, (c) => c.charCodeAt(0)),
        'model.gguf',
      ),
    );
    expect(error.code).toBe('bad-model');
    expect(error.message).toContain('model.gguf');
    expect(error.message).toContain(reason);
  });
});

describe('a damaged header', () => {
  test('is refused wherever the file was cut', async () => {
    const cuts = Array.from({ length: 60 }, (_, i) => Math.floor((sound.length * i) / 60));
    for (const length of cuts) expect((await refusal(asFile(sound.slice(0, length)))).code).toBe('bad-model');
  });

  test('never makes anything but a refusal of a flipped byte', async () => {
    for (let at = 0; at < 3000; at += 13) {
      const bytes = sound.slice();
      bytes[at]! ^= 0xff;
      await openGguf(asFile(bytes)).catch((error: unknown) => expect(error).toBeInstanceOf(LabError));
    }
  });

  test.each([
    [{ tensors: 2n ** 60n }, 'claims 1152921504606846976 tensors'],
    [{ keys: 2n ** 40n }, 'claims 1099511627776 keys'],
    [{ tensors: 15_000n }, 'tensor'],
  ])('that claims %o is refused', async (claims, reason) => {
    expect((await refusalOf({ ...tiny, claims })).message).toMatch(new RegExp(reason));
  });

  test('whose list claims more items than the file has bytes is refused at once', async () => {
    const bytes = writeGguf({ metadata: { list: ['i32s', [1, 2, 3]] }, tensors: [] });
    // Magic, version, counts, "list" and its length, two types; then the number of items.
    new DataView(bytes.buffer).setBigUint64(24 + 12 + 8, 2n ** 50n, true);
    const started = performance.now();
    expect((await refusal(asFile(bytes))).message).toContain(
      '"list" claims a list of 1125899906842624 items',
    );
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('whose text is not UTF-8 is refused with its place', async () => {
    const bytes = writeGguf({ metadata: { 'general.name': ['text', '????'] }, tensors: [] });
    bytes.fill(0xff, bytes.length - 4);
    const end = new TextDecoder('latin1').decode(bytes).indexOf('????');
    if (end >= 0) bytes.fill(0xff, end, end + 4);
    expect((await refusal(asFile(bytes))).message).toMatch(
      /"general\.name" is not UTF-8 text \(at byte \d+\)/,
    );
  });
});

describe('tensors that cannot be', () => {
  const embedding = tiny.tensors[0]!;
  const withEmbedding = (change: Partial<typeof embedding>): WrittenFile => ({
    ...tiny,
    tensors: [{ ...embedding, ...change }, ...tiny.tensors.slice(1)],
  });

  test('overlap', async () => {
    const tensors = tiny.tensors.map((tensor, i) => (i === 2 ? { ...tensor, offset: 0 } : tensor));
    expect((await refusalOf({ ...tiny, tensors })).message).toMatch(/overlap/);
  });

  test('begin out of line', async () => {
    const tensors = tiny.tensors.map((tensor, i) => (i === 1 ? { ...tensor, offset: 33_333 } : tensor));
    expect((await refusalOf({ ...tiny, tensors })).message).toMatch(/begins at byte 33333/);
  });

  test('end behind the file', async () => {
    const error = await refusal(asFile(sound.slice(0, sound.length - 4)));
    expect(error.message).toMatch(
      /tensor "output_norm\.weight" ends at byte \d+, but the file has \d+ bytes/,
    );
  });

  test('have terabytes', async () => {
    expect((await refusalOf(withEmbedding({ shape: [2 ** 40, 8] }))).message).toContain('token_embd.weight');
    expect((await refusalOf(withEmbedding({ shape: [2 ** 50, 2 ** 20] }))).message).toContain(
      'has the shape',
    );
  });

  test('have rows that are no whole number of blocks', async () => {
    expect((await refusalOf(withEmbedding({ type: 2 }))).message).toMatch(/rows of 8 values, but Q4_0/);
  });

  test('have the same name', async () => {
    const tensors = [...tiny.tensors, tiny.tensors[0]!];
    expect((await refusalOf({ ...tiny, tensors })).message).toMatch(
      /two tensors called "token_embd\.weight"/,
    );
  });

  test('are stored in a type that is not read here, which is named', async () => {
    const error = await refusalOf(withEmbedding({ type: 16 }));
    expect(error.message).toContain('"token_embd.weight" is stored as IQ2_XXS');
    expect(error.advice).toContain('Q4_K');
  });

  test('are missing', async () => {
    expect((await refusalOf({ ...tiny, tensors: tiny.tensors.slice(1) })).message).toContain(
      'token_embd.weight',
    );
  });

  test('belong to a part that the architecture does not have', async () => {
    const odd = { name: 'blk.0.attn_sinks.weight', shape: [2], data: new Float32Array(2) };
    expect((await refusalOf({ ...tiny, tensors: [...tiny.tensors, odd] })).message).toContain('attn_sinks');
  });
});

describe('metadata that cannot be used', () => {
  const withKeys = (metadata: WrittenFile['metadata']): WrittenFile => ({
    ...tiny,
    metadata: { ...tiny.metadata, ...metadata },
  });

  test.each([
    [{ 'general.architecture': ['text', 'mamba'] }, 'its architecture "mamba" cannot be computed here'],
    [{ 'llama.expert_count': ['u32', 8] }, 'mixture of experts'],
    [{ 'llama.block_count': ['u32', 4_000_000] }, 'llama.block_count'],
    [{ 'llama.embedding_length': ['text', 'wide'] }, 'llama.embedding_length'],
    [{ 'llama.attention.head_count_kv': ['u32', 3] }, 'cannot share'],
    [{ 'llama.rope.dimension_count': ['u32', 2] }, 'llama.rope.dimension_count'],
    [{ 'llama.rope.scaling.type': ['text', 'spiral'] }, 'RoPE scaling "spiral"'],
    [{ 'tokenizer.ggml.pre': ['text', 'nobody-knows'] }, 'the rule "nobody-knows"'],
    [{ 'tokenizer.ggml.model': ['text', 'rwkv'] }, 'of the kind "rwkv"'],
    [{ 'tokenizer.ggml.eos_token_id': ['u32', 9999] }, 'tokenizer.ggml.eos_token_id'],
    [{ 'tokenizer.ggml.tokens': ['texts', ['a']] }, 'kinds of'],
    [{ 'tokenizer.ggml.merges': ['texts', ['ab']] }, 'its merge 0, "ab"'],
    [{ 'general.alignment': ['u32', 48] }, 'alignment of 48'],
  ] as const)('%o is refused by name', async (metadata, reason) => {
    expect((await refusalOf(withKeys(metadata as WrittenFile['metadata']))).message).toContain(reason);
  });

  test('says which key is missing', async () => {
    const { 'llama.block_count': _, ...rest } = tiny.metadata;
    expect((await refusalOf({ ...tiny, metadata: rest })).message).toContain('"llama.block_count"');
  });
});

describe('a model in several files', () => {
  const part = (
    no: number,
    count: number,
    tensors: WrittenFile['tensors'],
    total = tiny.tensors.length,
  ): File =>
    asFile(
      writeGguf({
        metadata: {
          ...(no === 0 ? tiny.metadata : {}),
          'split.no': ['u32', no],
          'split.count': ['u32', count],
          'split.tensors.count': ['u32', total],
        },
        tensors,
      }),
      `tiny-0000${no + 1}-of-0000${count}.gguf`,
    );
  const parts = [
    part(0, 3, tiny.tensors.slice(0, 5)),
    part(1, 3, tiny.tensors.slice(5, 9)),
    part(2, 3, tiny.tensors.slice(9)),
  ] as const;

  test('is one checkpoint, in whatever order the files come', async () => {
    const whole = await openGguf(asFile(sound));
    const split = await openGguf([parts[2], parts[0], parts[1]]);
    expect([...split.tensors.keys()]).toEqual([...whole.tensors.keys()]);
    for (const [name, tensor] of split.tensors)
      expect(await tensor.read()).toEqual(await whole.tensors.get(name)!.read());
  });

  test.each([
    ['misses a part', [parts[0], parts[2]], 'of its 3 parts, these are missing: 2'],
    ['is the first part alone', [parts[0]], 'these are missing: 2, 3'],
    ['has a part twice', [...parts, parts[1]], 'it has 3 parts, but 4 files came'],
    ['is mixed with another', [parts[0], parts[1], part(2, 4, [])], 'mixed with files of another model'],
    ['is a whole model and a part', [asFile(sound), parts[1]], 'mixed'],
    [
      'has a part of another name',
      [parts[0], parts[1], new File([parts[2]], 'big-00003-of-00003.gguf')],
      'names of different models',
    ],
    ['lost tensors', [parts[0], parts[1], part(2, 3, tiny.tensors.slice(10))], 'tensors together'],
  ])('that %s is refused', async (_, files, reason) => {
    expect((await refusal(files)).message).toContain(reason);
  });
});

test('a text longer than the first bytes read of a file is read whole', async () => {
  const long = 'x'.repeat(1_500_000);
  const { metadata } = tinyModel('llama', byteLevel, { 'general.description': ['text', long] });
  const checkpoint = await openGguf(asFile(writeGguf({ ...tiny, metadata })));
  expect(checkpoint.title).toBe('Tiny');
});
