import { describe, expect, test } from 'vitest';
import { system, user } from '../../src/core/chat.ts';
import { locateSpan, replaceSpan, textOfSpan } from '../../src/models/prompt-span.ts';
import { createChatTokenizer, type ChatTokenizer } from '../../src/models/chat-tokenizer.ts';
import { trainByteLevelBpe } from '../../training/tokenizer-trainer.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';

const inPrompt = (suffix: string) => [system('Be brief.'), user(`Tell a story ${suffix}`), user('Thanks.')];

describe('a tokenizer of characters', () => {
  const tokenizer = scriptedTokenizer();
  const span = locateSpan(tokenizer, inPrompt, '! ! !');

  test('the span spells the text and nothing else', () => {
    expect(tokenizer.decode(span.prompt.slice(span.start, span.end))).toBe('! ! !');
  });
  test('the ids before, within and after the span make up the prompt', () => {
    const { prompt, start, end } = span;
    expect(replaceSpan(span, prompt.slice(start, end))).toEqual(prompt);
    expect(prompt).toEqual(tokenizer.prompt(inPrompt('! ! !')));
  });
  test('is found when the text occurs elsewhere too', () => {
    const twice = locateSpan(tokenizer, (suffix) => [user(`! ! ! ${suffix} ! ! !`)], '! ! !');
    expect(twice.start).toBe(tokenizer.prompt([user('! ! ! ')]).length - 2);
    expect(twice.end - twice.start).toBe(5);
  });
});

describe('a tokenizer whose tokens include the preceding blank', () => {
  const tokenizer = scriptedTokenizer([' !', ' cat', ' dog', 'ca', ' d', 'og']);
  const span = locateSpan(tokenizer, inPrompt, '! !');
  const idOf = (piece: string) => tokenizer.vocabulary.indexOf(piece);

  test('the separator belongs to the span when it merges with the text', () => {
    expect(span.prompt.slice(span.start, span.end)).toEqual([idOf(' !'), idOf(' !')]);
  });
  test('ids that survive decoding and encoding give their text', () => {
    const glued = (suffix: string) => [user(`Tell a story${suffix}`)];
    const at = locateSpan(tokenizer, glued, ' ! !');
    expect(textOfSpan(tokenizer, glued, at, [idOf(' cat'), idOf(' dog')])).toBe(' cat dog');
  });
  test('ids that would merge into others give no text, even if their number stays the same', () => {
    const glued = (suffix: string) => [user(`Tell a story${suffix}`)];
    const at = locateSpan(tokenizer, glued, ' ! !');
    // " d" + "og" reads as one token " dog"; " " + "cat" as " cat".
    expect(textOfSpan(tokenizer, glued, at, [idOf(' d'), idOf('og')])).toBeNull();
    // "c" + "a" + … : three ids that come back as two.
    expect(textOfSpan(tokenizer, glued, at, [idOf('c'), idOf('a')])).toBeNull();
  });
});

test('a text that merges with the text on both sides is refused', () => {
  const tokenizer = scriptedTokenizer(['y!', '!T']);
  expect(() => locateSpan(tokenizer, (suffix) => [user(`story${suffix}The end`)], '!')).toThrow(
    /merges "!" with the text around it/,
  );
});

/** Byte-level BPE, as in GPT-2, Llama 3 and Qwen: a blank joins the word after it. */
function byteLevel(): ChatTokenizer {
  const texts = ['tell me a story about a cat!', 'the cat ! ! ! and the story', 'a story ! about the cat'];
  const specials = {
    pad: '<|pad|>',
    bos: '<|bos|>',
    others: ['<|system|>', '<|user|>', '<|assistant|>'],
    end: '<|end|>',
  };
  return createChatTokenizer({
    ...trainByteLevelBpe(texts, 300, specials),
    generation: { eos_token_id: 5 },
  });
}

/** BPE over "▁", as in Llama 2, with a template of plain text on both sides of the message. */
function metaspace(): ChatTokenizer {
  const pieces = [...'!INST[]/▁abcdefghijklmnopqrstuvwxyzT.', '▁!', '▁a', '▁['];
  const vocab = Object.fromEntries(
    ['<s>', '</s>', '<unk>', ...new Set(pieces)].map((piece, id) => [piece, id]),
  );
  const special = (content: string, id: number) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  return createChatTokenizer({
    tokenizer: {
      added_tokens: ['<s>', '</s>', '<unk>'].map(special),
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      pre_tokenizer: null,
      post_processor: null,
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'Fuse' },
          { type: 'Strip', content: ' ', start: 1, stop: 0 },
        ],
      },
      model: {
        type: 'BPE',
        unk_token: '<unk>',
        vocab,
        merges: [
          ['▁', '!'],
          ['▁', 'a'],
          ['▁', '['],
        ],
      },
    } as Parameters<typeof createChatTokenizer>[0]['tokenizer'],
    config: {
      bos_token: '<s>',
      chat_template:
        "{{ bos_token }}{% for m in messages %}{{ '[INST] ' + m['content'] | trim + ' [/INST]' }}{% endfor %}",
    },
    generation: { eos_token_id: 1 },
  });
}

describe.each([
  ['byte-level BPE', byteLevel()],
  ['BPE with metaspaces', metaspace()],
])('%s', (_, tokenizer) => {
  const place = (suffix: string) => [user(/^\s/.test(suffix) ? `a story${suffix}` : `a story ${suffix}`)];
  const span = locateSpan(tokenizer, place, '! ! ! !');
  const ids = span.prompt.slice(span.start, span.end);

  test('finds one token for each mark, blank included', () => {
    expect(ids).toHaveLength(4);
    expect(tokenizer.decode(ids).trim()).toBe('! ! ! !');
  });
  test('the initial ids survive decoding and encoding', () => {
    expect(textOfSpan(tokenizer, place, span, ids)?.trim()).toBe('! ! ! !');
  });
  test('ids that join the words around them are told from those that do not', () => {
    const letter = tokenizer.encode('xa').at(-1)!;
    const word = tokenizer.encode('x a').at(-1)!;
    expect(textOfSpan(tokenizer, place, span, ids.with(1, word))?.trim()).toBe('! a ! !');
    // Without its blank the first one would be sent as another token, " a".
    expect(textOfSpan(tokenizer, place, span, ids.with(0, letter))).toBeNull();
  });
});
