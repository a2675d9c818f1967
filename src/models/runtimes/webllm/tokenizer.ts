/** @file The lab's tokenizer and chat template from the files of an MLC model folder. */
import { createChatTokenizer, type ChatTokenizer, type TokenizerFiles } from '../../chat-tokenizer.ts';
import type { ConversationConfig } from './config.ts';
import type { ModelDescription } from './files.ts';

/**
 * The folder's own chat template if it has one, so that all runtimes agree; else the one that `conv_template` states.
 * @throws LabError 'bad-model' if the tokenizer cannot be parsed.
 */
export function mlcTokenizer({ config, tokenizer, tokenizerConfig }: ModelDescription): ChatTokenizer {
  const files = tokenizer as TokenizerFiles['tokenizer'];
  const conversation = config.conv_template;
  const ownTemplate = tokenizerConfig?.['chat_template'];
  const prefixIds = new Set(conversation.system_prefix_token_ids ?? []);
  const prefix = (files.added_tokens ?? [])
    .filter(({ id }) => prefixIds.has(id))
    .map(({ content }) => content);
  return createChatTokenizer({
    tokenizer: files,
    config: {
      ...tokenizerConfig,
      chat_template:
        typeof ownTemplate === 'string' ? ownTemplate : jinjaTemplate(conversation, prefix.join('')),
    },
    generation: { eos_token_id: conversation.stop_token_ids },
  });
}

/** `conv_template` as a Jinja template. Like web-llm, except that no character of a message is special. */
export function jinjaTemplate(conversation: ConversationConfig, prefix: string): string {
  const { roles, seps } = conversation;
  const contentSeparator = conversation.role_content_sep ?? ': ';
  const around = (template: string | null | undefined, placeholder: string) => {
    const [before = '', after = null] = (template ?? placeholder).split(placeholder);
    return { before, after };
  };
  const system = around(conversation.system_template, '{system_message}');
  const withSystem =
    system.after === null
      ? `{{ raise_exception('This model has no place for a system message.') }}`
      : `${literal(system.before)}{{ messages[0].content }}${literal(system.after)}`;
  const noSystem =
    conversation.system_message === '' && conversation.render_empty_system_message === false
      ? ''
      : conversation.system_template.replace('{system_message}', () => conversation.system_message);
  const turn = (role: 'user' | 'assistant') => {
    const content = around(conversation.role_templates?.[role], `{${role}_message}`);
    const header = `${roles[role]}${contentSeparator}`;
    const bare = conversation.add_role_after_system_message === false && role === 'user';
    return [
      bare ? `{% if loop.first and opened %}{% else %}${literal(header)}{% endif %}` : literal(header),
      literal(content.before),
      '{{ message.content }}',
      literal(content.after ?? ''),
    ].join('');
  };
  return [
    literal(prefix),
    `{% if messages[0].role == 'system' %}{% set turns = messages[1:] %}{% set opened = true %}`,
    withSystem,
    `{% else %}{% set turns = messages %}{% set opened = ${noSystem !== ''} %}${literal(noSystem)}{% endif %}`,
    `{% for message in turns %}`,
    `{% if message.role == 'user' %}${turn('user')}{% else %}${turn('assistant')}{% endif %}`,
    seps.length > 1
      ? `{% if loop.index0 % 2 == 0 %}${literal(seps[0]!)}{% else %}${literal(seps[1]!)}{% endif %}`
      : literal(seps[0] ?? ''),
    `{% endfor %}`,
    literal(`${roles.assistant}${conversation.role_empty_sep ?? ': '}`),
  ].join('');
}

/** A string as a Jinja expression; JSON and Jinja escape alike. */
const literal = (text: string) => (text === '' ? '' : `{{ ${JSON.stringify(text)} }}`);
