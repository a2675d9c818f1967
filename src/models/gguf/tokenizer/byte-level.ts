/** @file A byte-level BPE vocabulary (`tokenizer.ggml.model` is `gpt2`) as a `tokenizer.json`. */
import { excerpt } from '../../../core/excerpt.ts';
import type { Metadata } from '../metadata.ts';
import type { Reject } from '../reject.ts';
import { splitRules, type SplitRule } from './pre-tokenizers.ts';
import { addedTokens, type TokenizerParts, type Tokens } from './tokens.ts';

/** @throws LabError 'bad-model' for a rule of splitting that is not known here, or merges that are missing */
export function byteLevelTokenizer(metadata: Metadata, tokens: Tokens, reject: Reject): TokenizerParts {
  const merges =
    metadata.texts('tokenizer.ggml.merges') ?? reject('it has no merges ("tokenizer.ggml.merges")');
  const odd = merges.findIndex((merge) => merge.indexOf(' ', 1) < 0);
  if (odd >= 0) return reject(`its merge ${odd}, "${excerpt(merges[odd]!)}", is not two tokens`);
  const rule = ruleOf(metadata, reject);
  return {
    addsBos: rule.addsBos ?? false,
    tokenizer: {
      added_tokens: addedTokens(tokens),
      normalizer: rule.normalizes ? { type: 'NFC' } : null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          ...rule.patterns.map((pattern) => ({
            type: 'Split',
            pattern: { Regex: pattern },
            behavior: 'Isolated',
            invert: false,
          })),
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
        ],
      },
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: rule.prefersWholeWords ?? false,
        vocab: Object.fromEntries(tokens.texts.map((text, id) => [text, id])),
        merges: merges.map((merge) => {
          const blank = merge.indexOf(' ', 1);
          return [merge.slice(0, blank), merge.slice(blank + 1)];
        }),
      },
    },
  };
}

function ruleOf(metadata: Metadata, reject: Reject): SplitRule {
  const name = metadata.text('tokenizer.ggml.pre') ?? 'default';
  return (
    splitRules.get(name) ??
    reject(
      `its tokenizer splits text by the rule "${excerpt(name, 60)}", which is not known here`,
      `Pick a model with one of these rules: ${[...splitRules.keys()].join(', ')}.`,
    )
  );
}
