import { describe, expect, test } from 'vitest';
import { assistant, system, user } from '../../src/core/chat.ts';
import { createChatTokenizer } from '../../src/models/chat-tokenizer.ts';
import { byteLevelFiles, chatMl } from './byte-level.ts';

const tokens = { '<|im_start|>': {}, '<|im_end|>': {}, '<|endoftext|>': {}, '<think>': {}, '</think>': {} };
const [, end, endOfText] = [300, 301, 302];
const withTemplate = (chat_template: unknown, config: object = {}, endId: number | null = endOfText) =>
  createChatTokenizer(byteLevelFiles(tokens, { config: { chat_template, ...config }, endId }));
const textOf = (tokenizer: ReturnType<typeof withTemplate>, messages = [user('Hi')]) =>
  tokenizer.decode(tokenizer.prompt(messages));

describe('the end of a turn', () => {
  test('is what any of the files or the template says', () => {
    expect(withTemplate(chatMl).endIds).toEqual(new Set([endOfText, end]));
    expect(withTemplate(chatMl, {}, null).endIds).toEqual(new Set([end]));
    const plain = '{% for m in messages %}{{ m.content }}{% endfor %}';
    expect(withTemplate(plain, { eos_token: '<|im_end|>' }).endIds).toEqual(new Set([endOfText, end]));
  });
});

describe('named templates', () => {
  test('of which "default" is used', () => {
    const named = [
      { name: 'tool_use', template: 'x' },
      { name: 'default', template: chatMl },
    ];
    expect(textOf(withTemplate(named))).toBe(textOf(withTemplate(chatMl)));
  });
  test('without a default are named in the error', () => {
    expect(() => withTemplate([{ name: 'rag', template: 'x' }])).toThrow(/only "rag"/);
  });
});

describe('a template without a system role', () => {
  const strict =
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" +
    chatMl;
  const silent =
    "{% for m in messages %}{% if m['role'] != 'system' %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endif %}{% endfor %}";
  test.each([
    ['that refuses it', strict],
    ['that drops it', silent],
  ])('%s has its text in the first user turn', (_, template) => {
    const tokenizer = withTemplate(template);
    expect(tokenizer.systemRole).toBe('first-user-turn');
    const conversation = [system('Be brief.'), user('Hi'), assistant('Yes?'), user('Go on')];
    const folded = [user('Be brief.\n\nHi'), assistant('Yes?'), user('Go on')];
    expect(tokenizer.prompt(conversation)).toEqual(tokenizer.prompt(folded));
    expect(textOf(tokenizer, [system('Alone.')])).toContain('Alone.');
  });
  test('is told from one that has it', () => {
    expect(withTemplate(chatMl).systemRole).toBe('own');
  });
});

describe('a template that reads the date', () => {
  const template = "{{ strftime_now('%d %b %Y, %A') }}{% for m in messages %}{{ m.content }}{% endfor %}";
  test('gets a constant, or that of the settings', () => {
    const tokenizer = withTemplate(template);
    expect(textOf(tokenizer)).toBe('26 Jul 2024, FridayHi');
    expect(textOf(tokenizer.withSettings({ date: '2025-02-01' }))).toBe('01 Feb 2025, SaturdayHi');
  });
  test('is given no other day than there is', () => {
    expect(() => withTemplate(template).withSettings({ date: '2025-02-30' })).toThrow(/no date/);
  });
});

test('a template has variables', () => {
  const template =
    chatMl + '{% if enable_thinking is defined and enable_thinking is false %}plain{% endif %}';
  const tokenizer = withTemplate(template);
  expect(textOf(tokenizer)).not.toContain('plain');
  expect(textOf(tokenizer.withSettings({ variables: { enable_thinking: false } }))).toContain('plain');
  expect(() => tokenizer.withSettings({ variables: { messages: 'x' } })).toThrow(/set by the lab/);
});

test('a thought that the prompt opens is closed before an assistant prefix and an answer to score', () => {
  const tokenizer = withTemplate(`${chatMl}{{ '<think>\n' }}`);
  expect(tokenizer.opensThought).toBe(true);
  const prompt = tokenizer.prompt([user('Hi')], { assistantPrefix: 'Sure' });
  expect(tokenizer.decode(prompt)).toMatch(/<think>\n\n<\/think>\n\nSure$/);
  const scored = tokenizer.prompt([user('Hi')], { atAnswer: true });
  expect(tokenizer.decode(scored)).toMatch(/<think>\n\n<\/think>\n\n$/);
});

describe('a thought put in the mouth of a model', () => {
  const [open, close] = [303, 304];
  const text = 'Fine, and </think> is text.';
  const opening = withTemplate(`${chatMl}{{ '<think>\n' }}`);
  const hybrid = withTemplate(chatMl);
  const emptied = withTemplate(`${chatMl}{{ '<think>\n\n</think>\n\n' }}`);
  test.each([
    ['opens a thought', opening],
    ['leaves that to the model', hybrid],
    ['writes an empty one', emptied],
  ])('stands between the tokens of a template that %s, once', (_, tokenizer) => {
    expect(tokenizer.thoughtTags).toEqual(['<think>', '</think>']);
    const given = { assistantThought: { text }, assistantPrefix: 'Sure' };
    const ids = tokenizer.prompt([user('Hi')], given);
    expect(ids.filter((id) => id === open)).toHaveLength(1);
    expect(ids.filter((id) => id === close)).toHaveLength(1);
    const whole = `<|im_start|>assistant\n<think>\n${text}\n</think>\n\nSure`;
    expect(tokenizer.decode(ids).endsWith(whole.slice('<|im_start|>'.length))).toBe(true);
  });
  test('stays open for the model to think on, but not before an answer to score', () => {
    const given = { assistantThought: { text, open: true }, assistantPrefix: 'Sure' };
    const ids = hybrid.prompt([user('Hi')], given);
    expect(ids).not.toContain(close);
    expect(hybrid.decode(ids).endsWith(`<think>\n${text}`)).toBe(true);
    expect(hybrid.prompt([user('Hi')], { ...given, atAnswer: true })).toContain(close);
  });
  test('is the first paragraph of the answer of a model without tags', () => {
    const plain = createChatTokenizer(
      byteLevelFiles({ '<|im_start|>': {}, '<|im_end|>': {} }, { config: { chat_template: chatMl } }),
    );
    expect(plain.thoughtTags).toBeNull();
    const ids = plain.prompt([user('Hi')], { assistantThought: { text: 'Fine.' }, assistantPrefix: 'Sure' });
    expect(plain.decode(ids).endsWith('assistant\nFine.\n\nSure')).toBe(true);
  });
});

describe('text survives', () => {
  const pieces = Array.from({ length: 256 }, (_, byte) => [
    `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
    -8,
  ]);
  const unigram = (byte_fallback: boolean) =>
    createChatTokenizer(
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
            model: {
              type: 'Unigram',
              unk_id: 0,
              byte_fallback,
              vocab: [['<unk>', 0], ...pieces, ['▁', -2], ['Hi', -3]],
            },
          },
        },
      ),
    );
  test('a Unigram tokenizer with byte pieces', () => {
    const tokenizer = unigram(true);
    expect(tokenizer.decode(tokenizer.encode('Hi\n東京 👍'))).toBe('Hi\n東京 👍');
    // By Hugging Face's tokenizers: "▁", "Hi", then the three bytes of each character.
    expect(tokenizer.encode('Hi京')).toEqual([257, 258, 0xe4 + 1, 0xba + 1, 0xac + 1]);
  });
  test('or the tokenizer is refused', () => {
    const lossy = byteLevelFiles(
      {},
      {
        tokenizer: { normalizer: null, decoder: { type: 'Replace', pattern: { String: 'a' }, content: '' } },
      },
    );
    expect(() => createChatTokenizer(lossy)).toThrow(expect.objectContaining({ code: 'not-supported' }));
  });
});
