/**
 * @file One tokenizer and one chat template for every runtime, so that the same messages give the same tokens
 * everywhere. Special tokens typed into a message are text unless the caller asks for `control`.
 */
import type { ChatMessage } from '../core/chat.ts';
import { LabError } from '../core/errors.ts';
import { parseChatTemplate } from './chat-template.ts';
import { buildTokenizer, readEndIds, type TokenizerFiles } from './tokenizer-files.ts';

export type { TokenizerFiles } from './tokenizer-files.ts';

/** `text`: a typed `<|end|>` is read as its characters. `control`: it becomes the token, as in an injection. */
export type SpecialTokens = 'text' | 'control';

export interface PromptOptions {
  readonly assistantPrefix?: string | undefined;
  readonly specialTokens?: SpecialTokens | undefined;
  /** Cuts the text of a user turn into pieces that are encoded separately. Default: one piece. */
  readonly pieces?: ((text: string) => readonly string[]) | undefined;
}

export interface ChatTokenizer {
  readonly vocabSize: number;
  readonly bosId: number | null;
  /** Ids that end an assistant turn. */
  readonly endIds: ReadonlySet<number>;
  readonly specialIds: ReadonlySet<number>;
  /** Ids of plain text: no BOS is added, special-token strings are read as text. */
  encode(text: string): number[];
  /** Text of ids; special tokens are left out. */
  decode(ids: readonly number[]): string;
  /** Ids of the templated conversation, up to and including the assistant header and `assistantPrefix`. */
  prompt(messages: readonly ChatMessage[], options?: PromptOptions): number[];
}

/** Marks where tokens must not merge; within a typed special token it keeps the token from being read as a real one. */
const separator = '\uE0F7';

/** @throws LabError 'bad-model' if the files lack a chat template or cannot be parsed. */
export function createChatTokenizer(files: TokenizerFiles): ChatTokenizer {
  const { tokenizer, template } = build(files);
  const added = files.tokenizer.added_tokens ?? [];
  const specials = new Map(added.filter(({ special }) => special).map(({ content, id }) => [content, id]));
  const variables = specialTokenStrings(files.config);
  const anySpecial = new RegExp(`(${[...specials.keys()].map(escapeRegExp).join('|') || '(?!)'})`);

  const protect = (content: string) =>
    [...specials.keys()].reduce(
      (out, token) => out.replaceAll(token, token[0] + separator + token.slice(1)),
      content,
    );
  const encodePieces = (text: string): number[] =>
    text.split(separator).flatMap((piece) => (piece === '' ? [] : tokenizer.encode(piece, false)));

  const render = (messages: readonly ChatMessage[], { specialTokens = 'text', pieces }: PromptOptions) => {
    const cut = (role: ChatMessage['role'], content: string) =>
      role === 'user' && pieces ? pieces(content).join(separator) : content;
    const turns = messages.map(({ role, content }) => ({
      role,
      content: specialTokens === 'control' ? cut(role, content) : protect(cut(role, content)),
    }));
    return template.render({ ...variables, messages: turns, add_generation_prompt: true });
  };

  const encode = (text: string) => encodePieces(protect(text));
  const { vocab } = files.tokenizer.model;
  const bosToken = variables['bos_token'];
  return {
    vocabSize: added.reduce((size, { id }) => Math.max(size, id + 1), Object.keys(vocab).length),
    bosId: bosToken === undefined ? null : (specials.get(bosToken) ?? null),
    endIds: readEndIds(files.generation.eos_token_id),
    specialIds: new Set(specials.values()),
    encode,
    decode: (ids) => (ids.length === 0 ? '' : tokenizer.decode(ids)),
    prompt: (messages, options = {}) => [
      ...render(messages, options)
        .split(anySpecial)
        .flatMap((piece) => specials.get(piece) ?? encodePieces(piece)),
      ...encode(options.assistantPrefix ?? ''),
    ],
  };
}

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The special tokens that a template may refer to: `bos_token`, `eos_token` and so on. */
function specialTokenStrings(config: TokenizerFiles['config']): Record<string, string> {
  const names = ['bos_token', 'eos_token', 'pad_token', 'unk_token'];
  const read = (value: unknown) =>
    typeof value === 'string' ? value : ((value as { content?: string } | null | undefined)?.content ?? null);
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = read(config[name]);
      return value === null ? [] : [[name, value]];
    }),
  );
}

function build({ tokenizer, config }: TokenizerFiles) {
  const source = config['chat_template'];
  if (typeof source !== 'string')
    throw new LabError('bad-model', 'The model folder has no chat template.', {
      advice: 'Pick an instruction-tuned model, or add "chat_template" to its tokenizer_config.json.',
    });
  return { tokenizer: buildTokenizer({ tokenizer, config }), template: parseChatTemplate(source) };
}
