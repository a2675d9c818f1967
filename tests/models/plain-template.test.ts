import { describe, expect, test } from 'vitest';
import { assistant, system, user } from '../../src/core/chat.ts';
import { createChatTokenizer } from '../../src/models/chat-tokenizer.ts';
import { plainTemplate } from '../../src/models/plain-template.ts';
import { byteLevelFiles } from './byte-level.ts';

const bos = { bos_token: '<s>', eos_token: '</s>' };
const processor = {
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
};

const tokenizerWith = (config: object, post_processor: object | null = null) =>
  createChatTokenizer(
    byteLevelFiles(
      { '<s>': {}, '</s>': {} },
      { config: { ...config, chat_template: plainTemplate({ post_processor }, { ...config }) } },
    ),
  );
const [begin, end] = [300, 301];

describe('a template for base models', () => {
  const tokenizer = tokenizerWith(bos);
  test('joins the texts of messages, whoever wrote them, and puts nothing behind the last', () => {
    expect(tokenizer.prompt([user('The capital of France is')])).toEqual(
      tokenizer.encode('The capital of France is'),
    );
    const turns = [system('A'), user(' B\n'), assistant('C'), user('D')];
    expect(tokenizer.decode(tokenizer.prompt(turns))).toBe('A\n\n B\n\n\nC\n\nD');
    expect(tokenizer.decode(tokenizer.prompt([user('x')], { assistantPrefix: 'y' }))).toBe('xy');
  });
  test('is known again, and has the traits of plain text', () => {
    expect(tokenizer).toMatchObject({ isPlain: true, systemRole: 'own', opensThought: false });
    expect(tokenizer.endIds).toEqual(new Set([end]));
    expect(tokenizer.withSettings({ date: '2025-01-01' }).isPlain).toBe(true);
    const own = byteLevelFiles({ '<s>': {}, '</s>': {} });
    expect(createChatTokenizer(own).isPlain).toBe(false);
  });
  test('reads typed special tokens as text', () => {
    expect(tokenizer.prompt([user('a</s>b')])).not.toContain(end);
  });
  test.each([
    ['its last step says so', bos, processor, true],
    ['one of its last steps says so', bos, { type: 'Sequence', processors: [processor] }, true],
    ['its configuration says so', { ...bos, add_bos_token: true }, null, true],
    ['its last step says no', { ...bos, add_bos_token: true }, { type: 'ByteLevel' }, false],
    ['nothing says so', bos, null, false],
    ['it has no such token', { eos_token: '</s>', add_bos_token: true }, null, false],
  ])('begins with bos if %s', (_, config, step, expected) => {
    expect(tokenizerWith(config, step).prompt([user('x')])[0] === begin).toBe(expected);
  });
});
