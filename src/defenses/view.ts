/** @file What an attacker who knows a defense can read of the model behind it, above black-box access. */
import type { ChatMessage } from '../core/chat.ts';
import type { ChatTokenizer } from '../models/chat-tokenizer.ts';
import {
  isWhiteBox,
  type LanguageModel,
  type ModelEdit,
  type ScoringModel,
  type WhiteBoxModel,
} from '../models/language-model.ts';
import { withEdit } from './generation/edits.ts';

/**
 * How a defense changes what the model computes, where that is a function of the request alone. A defense that has a view
 * can be attacked through log-probs and gradients: they are those of the model that it defends, as it defends it.
 */
export interface DefenseView {
  /**
   * The conversation that reaches the model. A defense that draws at random draws from the seed, as it does from that of a
   * request. Default: as it was sent.
   */
  readonly rewrite?: (messages: readonly ChatMessage[], seed: string) => readonly ChatMessage[];
  /** A change inside the model; reading it needs white-box access. Default: none. */
  readonly edit?: ModelEdit;
}

/** Several views one after another; a request passes the first one first. */
export const composed = (views: readonly DefenseView[]): DefenseView => ({
  rewrite: (messages, seed) =>
    views.reduce((sent, { rewrite }) => (rewrite ? rewrite(sent, seed) : sent), messages),
  ...views.reduce<Pick<DefenseView, 'edit'>>((before, { edit }) => {
    if (edit === undefined) return before;
    const { edit: both } = withEdit({ maxNewTokens: 1, ...before }, edit);
    return both === undefined ? before : { edit: both };
  }, {}),
});

export interface SeenModelOptions {
  /** What defenses draw from. */
  readonly seed: string;
  /** Answers of the defended model. */
  readonly generate: LanguageModel['generate'];
}

/**
 * The defended model at the tier of `model`: prompts are those that reach the model, and log-probs, gradients and hidden
 * states are read behind them. Its answers are those of the whole stack.
 * @param model with the view's edit in place already
 */
export function seenModel<M extends ScoringModel>(
  model: M,
  { rewrite }: DefenseView,
  { seed, generate }: SeenModelOptions,
): M {
  const tokenizers = new WeakMap<ChatTokenizer, ChatTokenizer>();
  const rewriting = (tokenizer: ChatTokenizer): ChatTokenizer => {
    if (!rewrite) return tokenizer;
    const seen = tokenizers.get(tokenizer) ?? {
      ...tokenizer,
      prompt: (messages, options) => tokenizer.prompt(rewrite(messages, seed), options),
      withSettings: (settings) => rewriting(tokenizer.withSettings(settings)),
    };
    tokenizers.set(tokenizer, seen);
    return seen;
  };
  const seen = <V extends ScoringModel>(view: V, answer: LanguageModel['generate']): V => ({
    ...view,
    tokenizer: rewriting(view.tokenizer),
    generate: answer,
    ...(isWhiteBox(view) &&
      ({
        edited(edit) {
          const changed = view.edited(edit);
          return seen(changed, (messages, options) => answer(messages, withEdit(options, edit)));
        },
      } satisfies Partial<WhiteBoxModel>)),
  });
  const { withPrompts: _, ...shown } = seen(model, generate);
  return shown as M;
}
