import { arxiv } from '../../core/method.ts';
import { number, text } from '../../core/options.ts';
import { norm, rounded, rowsOf, scaled } from '../../core/vectors.ts';
import type { ChatMessage } from '../../core/chat.ts';
import type { GenerateOptions, ModelEdit, WhiteBoxModel } from '../../models/language-model.ts';
import { blackBox, defineDefense, withEvent, withinModel } from '../defense.ts';
import { underEdit, weightEditOf, withEdit } from '../generation/edits.ts';
import { readRequest } from '../generation/request-tokens.ts';

export interface Influence {
  /** Index of the token in the last user turn. */
  readonly index: number;
  /** Length of the gradient of the affirmation loss with respect to its embedding. */
  readonly length: number;
}

/**
 * The influence of each token of the user's own words in the last turn on the affirmation loss, the mean −log-prob of
 * `affirmation` as the beginning of the answer; in the order of the turn.
 */
export async function influences(
  model: WhiteBoxModel,
  messages: readonly ChatMessage[],
  affirmation: string,
  options: Pick<GenerateOptions, 'edit' | 'signal' | 'specialTokens' | 'pieces'>,
): Promise<{
  readonly influence: readonly Influence[];
  /** Of the last user turn. */
  readonly ids: readonly number[];
  /** That the gradient was taken over. */
  readonly tokens: number;
}> {
  const { signal } = options;
  return underEdit(model, weightEditOf(options), async (reader) => {
    const { prompt, start, ids, own } = readRequest(reader.tokenizer, messages, {
      ...options,
      atAnswer: true,
    });
    if (own.size === 0) return { influence: [], ids, tokens: 0 };
    const target = reader.tokenizer.encode(affirmation);
    const span = { prompt, target, start, end: start + ids.length };
    const rows = rowsOf(await reader.embeddingGradient(span, { signal }), ids.length);
    const all = rows.map((row, index) => ({ index, length: norm(row) }));
    const influence = all.filter(({ index }) => own.has(index));
    return { influence, ids, tokens: prompt.length + target.length };
  });
}

/** The most influential share of the tokens, rounded up; of equal ones the earliest. */
const critical = (influence: readonly Influence[], share: number): readonly Influence[] =>
  influence.toSorted((a, b) => b.length - a.length).slice(0, Math.ceil(share * influence.length));

/**
 * Finds the tokens of a request that move the model most toward agreeing, by one gradient of the loss of an affirmation,
 * and shrinks their embeddings before the model answers; all other tokens stay as they are.
 */
export const tokenHighlighter = defineDefense({
  id: 'token-highlighter',
  title: 'Token Highlighter',
  paper: arxiv(
    '2412.18171',
    'Token Highlighter: Inspecting and Mitigating Jailbreak Prompts for Large Language Models',
  ),
  summary: 'Shrinks the embeddings of the tokens that drive the model toward an affirmative answer.',
  differs:
    'The paper has one request without other words around it; here only the user’s own words in the last turn ' +
    'are ranked and shrunk, and the share is rounded up to a whole token. If the template opens a thought, the ' +
    'affirmation is scored behind an empty one.',
  access: 'white-box',
  stage: 'decoding',
  needs: [],
  taxonomy: withinModel,
  options: {
    share: number({
      description: 'Share of the tokens of the request that are shrunk (α).',
      default: 0.25,
      min: 0,
      max: 1,
    }),
    factor: number({
      description: 'What their embeddings are multiplied by (β): 0 removes them, 1 leaves them as they are.',
      default: 0.5,
      min: 0,
      max: 1,
    }),
    affirmation: text({
      description: 'The affirmative beginning of an answer whose loss is differentiated.',
      default: "Sure, I'd like to help you with this.",
    }),
  },
  wrap: (model, { share, factor, affirmation }) => ({
    ...blackBox(model, 'token-highlighter'),
    async generate(messages, options) {
      const { influence, ids, tokens } = await influences(model, messages, affirmation, options);
      const chosen = critical(influence, share);
      if (chosen.length === 0)
        return withEvent(
          await model.generate(messages, options),
          {
            defense: 'token-highlighter',
            action: 'passed',
            reason: 'The last turn has no token of the user that would be shrunk.',
            cost: { queries: influence.length > 0 ? 1 : 0, tokens },
          },
          'end',
        );
      const shrunk = new Set(chosen.map(({ index }) => index));
      const rows = rowsOf(await model.embeddings(ids, { signal: options.signal }), ids.length);
      const vectors = rows.map((row, i) => (shrunk.has(i) ? rounded(scaled(row, factor)) : Array.from(row)));
      const edit: ModelEdit = { softTokens: { vectors, at: 'user-text' } };
      const reply = await model.generate(messages, withEdit(options, edit));
      return withEvent(
        reply,
        {
          defense: 'token-highlighter',
          action: 'edited',
          reason: `${shrunk.size} of ${influence.length} tokens of the request count for less.`,
          detail: {
            highlighted: chosen.map(({ index }) => model.tokenizer.decode([ids[index]!])).join(' | '),
            strongest: chosen[0]!.length,
            factor,
          },
          cost: { queries: 1, tokens },
        },
        'end',
      );
    },
  }),
});
