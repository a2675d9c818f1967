/**
 * @file Checks the files of a tokenizer before the library reads them, which takes their form for granted: every value
 * has its type, nothing is out of proportion, and no step can make a text explode.
 */
import { z } from 'zod';
import { LabError } from '../core/errors.ts';
import { excerpt, issueTexts } from '../core/excerpt.ts';
import { sizeProblem } from '../core/nesting.ts';
import type { AddedToken } from './added-tokens.ts';

/** The files of a model folder that define its tokenizer. */
export interface TokenizerFiles {
  /** Parsed `tokenizer.json`. */
  readonly tokenizer: TokenizerJson;
  /** Parsed `tokenizer_config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Ids that end a turn by `generation_config.json` and `config.json` together. */
  readonly generation: { readonly eos_token_id?: number | readonly number[] | null };
}
interface TokenizerJson {
  readonly added_tokens?: readonly (Pick<AddedToken, 'id' | 'content'> & Partial<AddedToken>)[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> | readonly unknown[] };
}

/** Far above any vocabulary in use: the largest have some 260,000 tokens. */
const most = { tokens: 2_000_000, merges: 4_000_000, addedTokens: 50_000, tokenCharacters: 2000 } as const;

const text = z.string().max(300).nullish();
const small = z.int().min(0).max(1000).nullish();
const templatePiece = z.union([
  z.looseObject({ SpecialToken: z.looseObject({ id: z.string().max(300) }) }),
  z.looseObject({ Sequence: z.looseObject({ id: z.string().max(300) }) }),
]);
const template = z.array(templatePiece).max(100).nullish();
const sentinel = z
  .array(z.unknown())
  .max(2)
  .refine(([token]) => typeof token === 'string')
  .nullish();

/** A step of normalizing, splitting, completing or decoding; the fields of all kinds of steps. */
const stepSchema = z.looseObject({
  type: z.string().max(100),
  content: text,
  prepend: text,
  prefix: text,
  suffix: text,
  replacement: text,
  str_rep: text,
  prepend_scheme: text,
  behavior: text,
  pad_token: text,
  word_delimiter_token: text,
  pattern: z
    .looseObject({ Regex: z.string().max(10_000).optional(), String: z.string().max(1000).optional() })
    .nullish(),
  length: z.int().min(1).nullish(),
  start: small,
  stop: small,
  single: template,
  pair: template,
  sep: sentinel,
  cls: sentinel,
  get normalizers() {
    return z.array(stepSchema).max(50).nullish();
  },
  get pretokenizers() {
    return z.array(stepSchema).max(50).nullish();
  },
  get processors() {
    return z.array(stepSchema).max(50).nullish();
  },
  get decoders() {
    return z.array(stepSchema).max(50).nullish();
  },
});
type Step = z.infer<typeof stepSchema>;

const addedTokenSchema = z.looseObject({
  id: z.int().min(0).max(most.tokens),
  content: z.string().min(1).max(300),
  special: z.boolean().optional(),
  single_word: z.boolean().optional(),
  lstrip: z.boolean().optional(),
  rstrip: z.boolean().optional(),
  normalized: z.boolean().optional(),
});

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).max(most.addedTokens).default([]),
  normalizer: stepSchema.nullable(),
  pre_tokenizer: stepSchema.nullable(),
  post_processor: stepSchema.nullable(),
  decoder: stepSchema.nullable(),
  model: z.looseObject({
    type: z.string().max(100).nullish(),
    unk_token: text,
    unk_id: z.int().min(0).max(most.tokens).nullish(),
    continuing_subword_prefix: text,
    continuing_subword_suffix: text,
    end_of_word_suffix: text,
    max_input_chars_per_word: z.int().min(1).max(1000).nullish(),
  }),
});

const token = z.union([z.string().max(300), z.looseObject({ content: z.string().max(300) })]).nullish();
const configSchema = z.looseObject({
  bos_token: token,
  eos_token: token,
  pad_token: token,
  unk_token: token,
  cls_token: token,
  additional_special_tokens: z.array(z.unknown()).max(most.addedTokens).nullish(),
});

/** `eos_token_id` of generation_config.json or config.json. */
const endIdsSchema = z.union([z.int(), z.array(z.int().nullable()).max(1000)]).nullish();

/** @throws LabError 'bad-model' with the file and the path in it */
export function checkTokenizerFiles({
  tokenizer,
  config,
}: Pick<TokenizerFiles, 'tokenizer' | 'config'>): void {
  const { model, added_tokens, ...steps } = tokenizer as unknown as Record<string, unknown>;
  const tooLarge = sizeProblem(steps, { depth: 20, values: 200_000 });
  if (tooLarge !== null) throw damaged('tokenizer.json', tooLarge);
  const parsed = tokenizerSchema.safeParse({ ...steps, model, added_tokens });
  if (!parsed.success) throw damaged('tokenizer.json', ...issueTexts(parsed.error.issues, 'tokenizer.json'));
  const problem = vocabularyProblem(model as Vocabulary) ?? stepsProblem(parsed.data);
  if (problem !== null) throw damaged('tokenizer.json', problem);
  const parsedConfig = configSchema.safeParse(config);
  if (!parsedConfig.success)
    throw damaged('tokenizer_config.json', ...issueTexts(parsedConfig.error.issues, 'tokenizer_config.json'));
}

/** @throws LabError 'bad-model' */
export function readEndIds(ids: unknown): ReadonlySet<number> {
  const parsed = endIdsSchema.safeParse(ids);
  if (parsed.success) return new Set([parsed.data ?? []].flat().filter((id) => id !== null));
  throw damaged('generation_config.json', 'eos_token_id: it must be a token id or a list of them');
}

export const damaged = (file: string, ...reasons: readonly string[]) =>
  new LabError('bad-model', `${file} could not be read. ${reasons.join('; ')}.`, {
    advice: 'Fetch the file again; if that does not help, pick another model.',
  });

interface Vocabulary {
  readonly type?: unknown;
  readonly vocab?: unknown;
  readonly merges?: unknown;
}

/** The long lists are checked by hand: a schema takes seconds for a million entries. */
function vocabularyProblem({ type, vocab, merges }: Vocabulary): string | null {
  if (typeof vocab !== 'object' || vocab === null) return 'model.vocab: it must be a list or an object';
  const isUnigram = Array.isArray(vocab);
  if (isUnigram !== (type === 'Unigram') && typeof type === 'string')
    return `model.vocab: it does not fit a model of type ${excerpt(type)}`;
  const isToken = (value: unknown) => typeof value === 'string' && value.length <= most.tokenCharacters;
  const isId = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) < most.tokens;
  const entries: readonly unknown[] = isUnigram ? vocab : Object.entries(vocab);
  if (entries.length === 0 || entries.length > most.tokens)
    return `model.vocab: it has ${entries.length} entries, not 1 to ${most.tokens}`;
  const wrong = entries.findIndex((entry) => {
    const [name, value] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
    return !isToken(name) || !(isUnigram ? Number.isFinite(value) : isId(value));
  });
  if (wrong >= 0) {
    const name = isUnigram ? wrong : excerpt((entries[wrong] as readonly [string])[0], 60);
    return `model.vocab.${name}: it must be ${isUnigram ? 'a token and its score' : 'a token id'}`;
  }
  if (type !== 'BPE' && merges === undefined) return null;
  if (!Array.isArray(merges) || merges.length > most.merges) return 'model.merges: it must be a list';
  const isPair = (merge: unknown) => Array.isArray(merge) && merge.length === 2 && merge.every(isToken);
  const asPairs = Array.isArray(merges[0]);
  const odd = merges.findIndex((merge) => !(asPairs ? isPair(merge) : isToken(merge)));
  return odd < 0 ? null : `model.merges.${odd}: it must be two tokens`;
}

/** Most times by which the steps in a row may lengthen a text. Those in use replace one character by one. */
const mostGrowth = 256;

function stepsProblem(parts: z.infer<typeof tokenizerSchema>): string | null {
  for (const part of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const) {
    const steps = listed(parts[part]);
    for (const step of steps) {
      if (step.type === 'TemplateProcessing' && !step.single)
        return `${part}: it has no template for one text`;
      if (/Processing$/.test(step.type) && step.type !== 'TemplateProcessing' && !(step.sep && step.cls))
        return `${part}: it has no sep and cls`;
      if (step.type === 'FixedLength' && !step.length) return `${part}: its length must be 1 or more`;
      if (step.type === 'Replace' && !step.pattern) return `${part}: it has no pattern`;
      // Within JavaScript's replacements these stand for the text around the match.
      if (/\$[&`'<\d]/.test(step.content ?? ''))
        return `${part}: "${excerpt(step.content!)}" cannot be a content`;
    }
    if (steps.reduce((product, step) => product * growthOf(step), 1) > mostGrowth)
      return `${part}: its steps make a text more than ${mostGrowth} times as long`;
  }
  return null;
}

/** The step and those within it, in order. */
const listed = (step: Step | null): readonly Step[] =>
  step === null
    ? []
    : [
        step,
        ...[step.normalizers, step.pretokenizers, step.processors, step.decoders].flatMap((steps) =>
          (steps ?? []).flatMap(listed),
        ),
      ];

/** Most times by which the length of a text can grow in a step. */
function growthOf({ type, content, pattern, replacement, str_rep, suffix }: Step): number {
  switch (type) {
    case 'Replace': {
      const added = (content ?? '').length;
      const { String: searched = '' } = pattern ?? {};
      return searched === '' ? 1 + added : Math.max(1, added / searched.length);
    }
    case 'Metaspace':
      return Math.max(1, (str_rep ?? '').length, (replacement ?? '').length);
    case 'ByteLevel':
      return 3; // bytes of a character, one character each
    case 'BPEDecoder':
      return suffix ? 1 : 2;
    default:
      return 1;
  }
}
