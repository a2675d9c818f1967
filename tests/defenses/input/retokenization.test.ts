import { describe, expect, test } from 'vitest';
import { assistant, user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { createDropout, retokenization } from '../../../src/defenses/input/retokenization.ts';
import { createChatTokenizer } from '../../../src/models/chat-tokenizer.ts';
import type { ScoringModel } from '../../../src/models/language-model.ts';
import { createGenerate } from '../../../src/models/decoding/generate.ts';
import { answering, scripted } from '../../../src/models/runtimes/scripted.ts';
import { scriptedTokenizer } from '../../../src/models/runtimes/scripted-tokenizer.ts';
import { trainByteLevelBpe } from '../../../training/tokenizer-trainer.ts';
import { byteLevelFiles } from '../../models/byte-level.ts';
import { defend, options } from '../defend.ts';

const tokenizer = scriptedTokenizer(['wa', 'ke', 'wake', ' g', ' gi', 'an', 'ant', ' giant']);

/** Repeats the last request, and remembers the ids it was shown. */
function target() {
  const prompts: (readonly number[])[] = [];
  const model = scripted({ tokenizer, next: answering((messages) => messages.at(-1)!.content) });
  const open: ScoringModel['open'] = (rows, request) => {
    prompts.push(...rows);
    return model.open(rows, request);
  };
  const { id, contextWindow } = model;
  return {
    prompts,
    model: { ...model, open, generate: createGenerate({ id, contextWindow, tokenizer, open }) },
  };
}

async function ask(dropout: number, seed = '1', text = 'wake giant') {
  const { prompts, model } = target();
  const reply = await defend(retokenization, model, { dropout }).generate([user(text)], { ...options, seed });
  return { reply, prompt: prompts[0]! };
}

test('without dropout the model reads the usual tokens', async () => {
  const { reply, prompt } = await ask(0);
  expect(prompt).toEqual(tokenizer.prompt([user('wake giant')]));
  expect(reply.events[0]).toMatchObject({ action: 'passed', detail: { tokensBefore: 2, tokensAfter: 2 } });
});

test('the model reads the same text in more tokens', async () => {
  const { reply, prompt } = await ask(1);
  expect(prompt).toHaveLength(tokenizer.prompt([user('wake giant')]).length - 2 + 10);
  expect(tokenizer.read(prompt).messages).toEqual([user('wake giant')]);
  expect(reply.text).toBe('wake giant');
  expect(reply.events[0]).toMatchObject({ action: 'edited', detail: { tokensBefore: 2, tokensAfter: 10 } });
});

test('the seed fixes where it breaks', async () => {
  expect(await ask(0.5, 'a')).toEqual(await ask(0.5, 'a'));
  const prompts = await Promise.all(Array.from('abcdefgh', (seed) => ask(0.5, seed)));
  expect(new Set(prompts.map(({ prompt }) => prompt.join())).size).toBeGreaterThan(2);
});

test('what the model has said itself stays as it was', async () => {
  const { prompts, model } = target();
  const talk = [user('wake'), assistant('wake giant'), user('giant')];
  await defend(retokenization, model, { dropout: 1 }).generate(talk, options);
  const spoken = prompts[0]!.slice(prompts[0]!.indexOf(4) + 1).slice(0, 2);
  expect(spoken).toEqual(tokenizer.encode('wake giant'));
});

/** All bytes, for characters without a token. */
const marks = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);

/** A tokenizer that puts a blank in front of a text, as SentencePiece does. */
const metaspaceFiles = (vocab: readonly unknown[]) =>
  byteLevelFiles(
    { '[INST]': {} },
    {
      config: { chat_template: "{% for m in messages %}{{ '[INST]' + m.content }}{% endfor %}" },
      tokenizer: {
        pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
        decoder: {
          type: 'Sequence',
          decoders: [
            { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
            { type: 'ByteFallback' },
            { type: 'Fuse' },
            { type: 'Strip', content: ' ', start: 1, stop: 0 },
          ],
        },
        model: { type: 'Unigram', unk_id: 0, byte_fallback: true, vocab },
      },
    },
  );

describe('BPE with dropout', () => {
  const specials = {
    pad: '<|pad|>',
    bos: '<|bos|>',
    others: ['<|system|>', '<|user|>', '<|assistant|>'],
    end: '<|end|>',
  };
  const known = [
    'the cat sat on the mat',
    'the cat ran to the hat and then to the other hat',
    'next line, a line',
  ];
  const trained = trainByteLevelBpe(known, 320, specials);
  const tokenizer = createChatTokenizer({ ...trained, generation: { eos_token_id: 5 } });
  const texts = [...known, 'naïve  café\n then', 'a', '', '  two', 'line\n\n next'];
  const cut = (dropout: number, text: string, seed = 1) =>
    createDropout(tokenizer, dropout)(text, createRandom(seed));

  test('at 0 is the usual tokenization', () => {
    for (const text of texts)
      expect(cut(0, text).flatMap((piece) => tokenizer.encode(piece))).toEqual(tokenizer.encode(text));
  });
  test('at 0 does not cut at all', () => {
    for (const text of texts) expect(cut(0, text)).toEqual([text]);
  });
  test('merges what is one token within a word, not only at its start', () => {
    const vocab = ['<unk>', '▁', 'x', 'r', 'e', 'd', '▁re', 'ed', ...marks].map((token) => [token, -1]);
    const sentencePiece = createChatTokenizer(metaspaceFiles(vocab));
    const pieces = createDropout(sentencePiece, 1e-9)('xred', createRandom(1));
    expect(pieces).toEqual(['x', 'r', 'ed']);
    const cutPrompt = sentencePiece.prompt([user('xred')], { pieces: () => pieces });
    expect(sentencePiece.decode(cutPrompt)).toBe('xred');
  });
  test('at 1 is single characters', () => {
    for (const text of texts) expect(cut(1, text)).toEqual(Array.from(text));
  });
  test('never changes the text', () => {
    for (const text of texts)
      for (let seed = 0; seed < 9; seed++) expect(cut(0.3, text, seed).join('')).toBe(text);
  });
  test('gives more tokens, others for another seed, the same for the same', () => {
    const text = 'the cat sat on the mat and the cat ran to the hat';
    const pieces = [1, 2, 3].map((seed) => cut(0.5, text, seed));
    for (const some of pieces) expect(some.length).toBeGreaterThan(tokenizer.encode(text).length);
    expect(new Set(pieces.map((some) => some.join('|'))).size).toBe(3);
    expect(cut(0.5, text, 2)).toEqual(pieces[1]);
  });
});
