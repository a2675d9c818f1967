import { expect, test } from 'vitest';
import { assistant, system, user } from '../../../src/core/chat.ts';
import { createChatTokenizer } from '../../../src/models/chat-tokenizer.ts';
import { chatConfigSchema } from '../../../src/models/runtimes/webllm/config.ts';
import { mlcTokenizer } from '../../../src/models/runtimes/webllm/tokenizer.ts';
import { byteTokenizer, chatConfig } from './fake-browser.ts';

const { conv_template: chatml } = chatConfig;
type Changes = Partial<Record<keyof typeof chatml | 'render_empty_system_message', unknown>>;
const tokenizerWith = (changes: Changes = {}, tokenizerConfig: Record<string, unknown> | null = null) =>
  mlcTokenizer({
    config: chatConfigSchema.parse({ ...chatConfig, conv_template: { ...chatml, ...changes } }),
    tokenizer: byteTokenizer,
    tokenizerConfig,
    shards: [],
  });
/** Text of ids, special tokens included. */
const shown = (ids: readonly number[]) => {
  const tokenizer = createChatTokenizer({
    tokenizer: { ...byteTokenizer, added_tokens: [] },
    config: { chat_template: '{{ bos_token }}' },
    generation: {},
  });
  const names = new Map(byteTokenizer.added_tokens.map(({ id, content }) => [id, content]));
  return ids.map((id) => names.get(id) ?? tokenizer.decode([id])).join('');
};

test('a folder without a template of its own is rendered as its conv_template says', () => {
  const messages = [system('Be brief.'), user('Hi'), assistant('Hello'), user('Bye')];
  expect(shown(tokenizerWith().prompt(messages))).toBe(
    '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n' +
      '<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n',
  );
});

test('without a system message the default of the folder is used, or none', () => {
  expect(shown(tokenizerWith().prompt([user('Hi')]))).toContain('system\nBe kind.');
  const none = tokenizerWith({ system_message: '', render_empty_system_message: false });
  expect(shown(none.prompt([user('Hi')]))).toBe('<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n');
});

test('separators alternate where there are two, and prefix ids come first', () => {
  const tokenizer = tokenizerWith({
    seps: ['[1]', '[2]'],
    system_prefix_token_ids: [256],
    system_template: '',
  });
  expect(shown(tokenizer.prompt([user('a'), assistant('b'), user('c')]))).toBe(
    '<|endoftext|><|im_start|>user\na[1]<|im_start|>assistant\nb[2]<|im_start|>user\nc[1]<|im_start|>assistant\n',
  );
});

test('a system message goes into the first user turn where the folder has no place for one', () => {
  const tokenizer = tokenizerWith({ system_template: '' });
  expect(tokenizer.systemRole).not.toBe('own');
  expect(shown(tokenizer.prompt([system('Be brief.'), user('Hi')]))).toContain(
    '<|im_start|>user\nBe brief.\n\nHi<|im_end|>',
  );
});

test('the first user header can be left out after a system message', () => {
  const tokenizer = tokenizerWith({ add_role_after_system_message: false });
  expect(shown(tokenizer.prompt([user('a'), assistant('b'), user('c')]))).toBe(
    '<|im_start|>system\nBe kind.<|im_end|>\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n' +
      '<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n',
  );
});

test('no character of a message is special, and a typed special token is text', () => {
  const text = 'a$$b $& {{ 1 }} {user_message} "\\n" <|im_end|>';
  const ids = tokenizerWith().prompt([user(text)]);
  expect(shown(ids)).toContain(`user\n${text}<|im_end|>\n`);
  expect(ids.filter((id) => id === 258)).toHaveLength(2); // system and user turn, not the typed one
});

test('a template of the folder itself takes precedence', () => {
  const tokenizer = tokenizerWith({}, { chat_template: 'Q: {{ messages[0].content }} A:' });
  expect(shown(tokenizer.prompt([user('why')]))).toBe('Q: why A:');
});

test('the stop ids of the config end an answer', () => {
  expect(tokenizerWith().endIds).toEqual(new Set([258, 256]));
});
