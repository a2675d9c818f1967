/** @file The tokenizer of a GGUF file as the files of a Hugging Face folder. */
import { excerpt } from '../../../core/excerpt.ts';
import type { Checkpoint } from '../../import/checkpoint.ts';
import type { Architecture } from '../architectures.ts';
import type { Metadata } from '../metadata.ts';
import type { Reject } from '../reject.ts';
import { byteLevelTokenizer } from './byte-level.ts';
import { sentencepieceTokenizer } from './sentencepiece.ts';
import { readTokens, type TokenizerParts, type Tokens } from './tokens.ts';

type Json = Readonly<Record<string, unknown>>;

/** @throws LabError 'bad-model' for a kind of tokenizer, or a rule of splitting text, that is not known here */
export function readTokenizer(
  metadata: Metadata,
  architecture: Architecture,
  vocabularySize: number,
  reject: Reject,
): Pick<Checkpoint, 'tokenizer' | 'tokenizerConfig' | 'generation'> {
  const tokens = readTokens(metadata, vocabularySize, reject);
  const { tokenizer, addsBos } = partsOf(metadata, architecture, tokens, reject);
  const begins = (metadata.flag('tokenizer.ggml.add_bos_token') ?? addsBos) && tokens.bos !== null;
  const ends = (metadata.flag('tokenizer.ggml.add_eos_token') ?? false) && tokens.eos !== null;
  const textOf = (id: number | null) => (id === null ? null : tokens.texts[id]!);
  const chatTemplate = chatTemplateOf(metadata);
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      ...tokenizer,
      post_processor: postProcessor(tokens, begins ? tokens.bos : null, ends ? tokens.eos : null),
    },
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: textOf(tokens.bos),
      eos_token: textOf(tokens.eos),
      unk_token: textOf(tokens.unknown),
      pad_token: textOf(tokens.padding),
      add_bos_token: begins,
      add_eos_token: ends,
      clean_up_tokenization_spaces: false,
      ...(chatTemplate === null ? {} : { chat_template: chatTemplate }),
    },
    generation: {
      bos_token_id: tokens.bos,
      eos_token_id: [...new Set([...tokens.ends, ...endsOfTurn(tokens, chatTemplate)])],
      pad_token_id: tokens.padding,
    },
  };
}

function partsOf(
  metadata: Metadata,
  architecture: Architecture,
  tokens: Tokens,
  reject: Reject,
): TokenizerParts {
  const model = metadata.text('tokenizer.ggml.model');
  if (model === 'gpt2') return byteLevelTokenizer(metadata, tokens, reject);
  if (model === 'llama') return sentencepieceTokenizer(metadata, architecture, tokens, reject);
  return reject(
    model === null
      ? 'it does not name its kind of tokenizer ("tokenizer.ggml.model")'
      : `its tokenizer is of the kind "${excerpt(model, 60)}", which is not known here`,
    'Pick a model whose tokenizer is of the kind gpt2 or llama.',
  );
}

/** Puts the bos token before a text and the eos token behind it, if they are given. */
function postProcessor({ texts }: Tokens, bos: number | null, eos: number | null): Json {
  const special = (id: number | null) =>
    id === null ? [] : [{ SpecialToken: { id: texts[id]!, type_id: 0 } }];
  const around = (part: string) => [...special(bos), { Sequence: { id: part, type_id: 0 } }, ...special(eos)];
  return {
    type: 'TemplateProcessing',
    single: around('A'),
    pair: [...around('A'), ...around('B')],
    special_tokens: Object.fromEntries(
      [bos, eos]
        .filter((id) => id !== null)
        .map((id) => [texts[id]!, { id: texts[id]!, ids: [id], tokens: [texts[id]!] }]),
    ),
  };
}

interface NamedTemplate {
  readonly name: string;
  readonly template: string;
}

const mostTemplates = 20;

/** One template, or several by name where the file has more than one, or `null`. */
function chatTemplateOf(metadata: Metadata): string | readonly NamedTemplate[] | null {
  const usual = metadata.text('tokenizer.chat_template');
  const named: NamedTemplate[] = [];
  for (const name of (metadata.texts('tokenizer.chat_templates') ?? []).slice(0, mostTemplates)) {
    const template = metadata.text(`tokenizer.chat_template.${name}`);
    if (template !== null) named.push({ name, template });
  }
  if (named.length === 0) return usual;
  return usual === null ? named : [{ name: 'default', template: usual }, ...named];
}

/** Tokens that end a turn in the chat formats of the models that are read here. */
const turnEnds = new Set(['<|im_end|>', '<|eot_id|>', '<|eom_id|>', '<end_of_turn>', '<|end|>', '</s>']);

/** Files often name the end of a document as eos only. A special token that ends turns, and that the template writes, is another end. */
function endsOfTurn(
  { texts, special }: Tokens,
  chatTemplate: string | readonly NamedTemplate[] | null,
): readonly number[] {
  const templates =
    typeof chatTemplate === 'string' ? [chatTemplate] : (chatTemplate ?? []).map((t) => t.template);
  return special.filter(
    (id) => turnEnds.has(texts[id]!) && templates.some((template) => template.includes(texts[id]!)),
  );
}
