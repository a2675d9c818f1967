/** @file The grey-box contract over the engine's one sequence. */
import type { ChatTokenizer } from '../../chat-tokenizer.ts';
import { createGenerate } from '../../decoding/generate.ts';
import { checkedScoring } from '../../decoding/numbers.ts';
import { logSumExp } from '../../decoding/sampler.ts';
import { LabError } from '../../../core/errors.ts';
import type { DecodeSession, ScoringModel } from '../../language-model.ts';
import type { Read, Sequence } from './sequence.ts';

export interface WebLlmModel extends ScoringModel {
  /** Free the model. On a big model only ending the worker gives all memory back. */
  dispose(): Promise<void>;
}

/** Some models are padded with logits beyond the tokenizer's vocabulary; these are dropped. */
export function createWebLlmModel(
  id: string,
  tokenizer: ChatTokenizer,
  sequence: Sequence,
  contextWindow: number,
): WebLlmModel {
  const withinVocabulary = (logits: Float32Array) => logits.subarray(0, tokenizer.vocabSize);

  const open: ScoringModel['open'] = async (prompts, { signal } = {}) => {
    /** A row's ids and the logits after them. */
    let rows: { readonly ids: readonly number[]; readonly logits: Float32Array }[] = [];
    const extend = (read: Read) => async (ids: readonly number[], fresh: boolean) => ({
      ids,
      logits: withinVocabulary(await read(ids, { fresh, signal })),
    });
    prompts.forEach(sequence.check);
    await sequence.exclusive(async (read) => {
      for (const prompt of prompts) rows.push(await extend(read)([...prompt], true));
    });
    const session: DecodeSession = {
      get rows() {
        return rows.length;
      },
      logits: (row) => rows[row]!.logits,
      async advance(tokens) {
        if (tokens.length !== rows.length)
          throw new LabError('bad-input', `${tokens.length} tokens for ${rows.length} rows.`, {
            advice: 'Give one token per row.',
          });
        await sequence.exclusive(async (read) => {
          const longer: typeof rows = [];
          for (const [row, { ids }] of rows.entries())
            longer.push(await extend(read)([...ids, tokens[row]!], false));
          rows = longer;
        });
      },
      keep: async (order) => {
        rows = order.map((row) => rows[row]!);
      },
      close: async () => {
        rows = [];
      },
    };
    return session;
  };

  const logProbs: ScoringModel['logProbs'] = async (requests, { signal } = {}) => {
    for (const { prompt, target } of requests) {
      sequence.check(prompt);
      sequence.check(target);
      sequence.check([...prompt, ...target]);
    }
    return sequence.exclusive(async (read) => {
      const scores: Float32Array[] = [];
      for (const { prompt, target } of requests) {
        const score = new Float32Array(target.length);
        for (const [at, token] of target.entries()) {
          const fresh = at === 0 && scores.length === 0;
          const logits = withinVocabulary(await read([...prompt, ...target.slice(0, at)], { fresh, signal }));
          score[at] = logits[token]! - logSumExp(logits);
        }
        scores.push(score);
      }
      return scores;
    });
  };

  const scoring = checkedScoring(id, { open, logProbs });
  const grey = { id, access: 'grey-box', contextWindow, tokenizer, ...scoring } as const;
  return {
    ...grey,
    generate: createGenerate(grey, { maxBatch: 1 }),
    withPrompts: (settings) =>
      createWebLlmModel(id, tokenizer.withSettings(settings), sequence, contextWindow),
    dispose: () => sequence.close(),
  };
}
