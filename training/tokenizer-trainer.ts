/**
 * @file Trains a byte-level BPE tokenizer and writes it in Hugging Face layout.
 * Any text can be encoded: the alphabet is the 256 bytes.
 * @see https://arxiv.org/abs/1508.07909 (byte-pair encoding of subwords)
 */

export interface SpecialTokenNames {
  readonly pad: string;
  readonly bos: string;
  /** Ends a turn. */
  readonly end: string;
  /** Further control tokens, such as role headers. */
  readonly others: readonly string[];
}

/** How byte-level BPE splits text into words before merging (the GPT-2 pattern, which the format names ByteLevel). */
const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Byte → printable character, as the ByteLevel format defines it: printable Latin-1 stays, the others are mapped to U+0100 and up. */
export const byteAlphabet: readonly string[] = (() => {
  const stays = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(stays(byte) ? byte : 256 + moved++));
})();

const encoder = new TextEncoder();
const spell = (word: string): string[] => Array.from(encoder.encode(word), (byte) => byteAlphabet[byte]!);

interface Word {
  symbols: string[];
  readonly count: number;
}

/** Learn merges until the vocabulary has `vocabSize` entries or no pair occurs twice. Ties: the smaller pair. */
export function trainByteLevelBpe(texts: Iterable<string>, vocabSize: number, specials: SpecialTokenNames) {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [word] of text.matchAll(wordPattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const words: Word[] = [...counts].map(([word, count]) => ({ symbols: spell(word), count }));

  const control = [specials.pad, specials.bos, ...specials.others, specials.end];
  const vocabulary = [...control, ...byteAlphabet];
  const merges: (readonly [string, string])[] = [];
  while (vocabulary.length < vocabSize) {
    const best = mostFrequentPair(words);
    if (!best) break;
    merges.push(best);
    vocabulary.push(best.join(''));
    for (const word of words) word.symbols = merge(word.symbols, best);
  }
  return tokenizerFiles(vocabulary, merges, control, specials);
}

function mostFrequentPair(words: readonly Word[]): readonly [string, string] | null {
  const pairs = new Map<string, number>();
  for (const { symbols, count } of words)
    for (let i = 1; i < symbols.length; i++) {
      const pair = `${symbols[i - 1]} ${symbols[i]}`;
      pairs.set(pair, (pairs.get(pair) ?? 0) + count);
    }
  let best: string | null = null;
  let most = 1;
  for (const [pair, count] of pairs)
    if (count > most || (count === most && best !== null && pair < best)) [best, most] = [pair, count];
  return best === null ? null : (best.split(' ') as [string, string]);
}

function merge(symbols: readonly string[], [left, right]: readonly [string, string]): string[] {
  const merged: string[] = [];
  for (let i = 0; i < symbols.length; i++)
    if (symbols[i] === left && symbols[i + 1] === right) merged.push(left + symbols[++i]!);
    else merged.push(symbols[i]!);
  return merged;
}

/** `tokenizer.json` and `tokenizer_config.json`; role headers are special tokens, turns end with `end`. */
function tokenizerFiles(
  vocabulary: readonly string[],
  merges: readonly (readonly [string, string])[],
  control: readonly string[],
  { pad, bos, end }: SpecialTokenNames,
) {
  const added = control.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
        merges,
      },
    },
    config: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: bos,
      eos_token: end,
      pad_token: pad,
      padding_side: 'left',
      clean_up_tokenization_spaces: false,
      chat_template:
        "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
    },
  };
}
