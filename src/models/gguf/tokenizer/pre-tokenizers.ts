/**
 * @file How byte-level vocabularies split text into words before merging, by the name that the file gives the rule.
 * The expressions are those of the models' own `tokenizer.json`, so blanks are Unicode's White_Space.
 * @see https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp (llm_tokenizer_bpe)
 */

export interface SplitRule {
  /** Applied one after the other, each to the pieces that the one before left. */
  readonly patterns: readonly string[];
  /** True if text is brought to Unicode's form NFC first. */
  readonly normalizes?: boolean;
  /** True if a word that is a token itself is not merged from its parts. */
  readonly prefersWholeWords?: boolean;
  /** If the file does not say whether a text begins with the bos token. */
  readonly addsBos?: boolean;
}

const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const endings = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
/** Of Llama 3 and Qwen2, which differ in the run of digits that is one word. */
const words = (digits: string) =>
  String.raw`${endings}|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const tekkenWords =
  String.raw`[^\r\n\p{L}\p{N}]?${upper}*${lower}+|[^\r\n\p{L}\p{N}]?${upper}+${lower}*` +
  String.raw`|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const plain: SplitRule = { patterns: [gpt2] };
const digitByDigit: SplitRule = { patterns: [String.raw`\p{N}`, gpt2] };
const llama3: SplitRule = {
  patterns: [words(String.raw`\p{N}{1,3}`)],
  prefersWholeWords: true,
  addsBos: true,
};
const qwen2: SplitRule = { patterns: [words(String.raw`\p{N}`)], normalizes: true };
const tekken: SplitRule = { patterns: [tekkenWords], prefersWholeWords: true, addsBos: true };
/** What llama.cpp does for a model whose rule its converter did not know. */
const unnamed: SplitRule = {
  patterns: [String.raw`[\p{P}\$\+<=>\^~\|]+`, gpt2, String.raw`\p{N}+`, '[0-9][0-9][0-9]'],
};

export const splitRules: ReadonlyMap<string, SplitRule> = new Map([
  ['default', unnamed],
  ['gpt-2', plain],
  ['phi-2', plain],
  ['olmo', plain],
  ['jais', plain],
  ['smollm', digitByDigit],
  ['starcoder', digitByDigit],
  ['refact', digitByDigit],
  ['command-r', digitByDigit],
  ['codeshell', digitByDigit],
  ['llama3', llama3],
  ['llama-v3', llama3],
  ['llama-bpe', llama3],
  ['falcon3', llama3],
  ['pixtral', llama3],
  ['qwen2', qwen2],
  ['deepseek-r1-qwen', qwen2],
  ['megrez', qwen2],
  ['tekken', tekken],
]);
