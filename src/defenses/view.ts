/** @file What an attacker who knows a defense can read of the model behind it, above black-box access. */
import type { ChatMessage } from '../core/chat.ts';
import type { DecodingPolicy } from '../models/decoding/policy.ts';
import type { Abortable, ModelEdit, WhiteBoxModel } from '../models/language-model.ts';
import { withEdit } from './generation/edits.ts';

/** An edit that only some requests get. */
export interface ConditionalEdit {
  readonly edit: ModelEdit;
  /**
   * Whether a prompt gets it.
   * @param reader the model with everything but this edit in place
   */
  isMet(reader: WhiteBoxModel, prompt: readonly number[], options: Abortable): Promise<boolean>;
}

/**
 * How a defense changes what the model computes, where that is a function of the request. A defense that has a view can
 * be attacked through log-probs and gradients: they are those of the model that it defends, as it defends it.
 */
export interface DefenseView {
  /**
   * The conversation that reaches the model. A defense that draws at random draws from the seed, as it does from that of a
   * request. Default: as it was sent.
   */
  readonly rewrite?: (messages: readonly ChatMessage[], seed: string) => readonly ChatMessage[];
  /** A change inside the model; reading it needs white-box access. Default: none. */
  readonly edit?: ModelEdit;
  /**
   * A change inside the model that depends on the conversation that reaches it. Gradients are those of the side of the
   * condition that a prompt is on; at the condition itself there is none.
   */
  readonly conditional?: ConditionalEdit;
  /** How tokens are chosen. Gradients leave it out. */
  readonly policy?: DecodingPolicy;
  /**
   * One of the conversations that the model may get, of a defense that perturbs requests so that no token of theirs is
   * sure to reach it. Log-probs are means over several; gradients are those of the unperturbed request.
   */
  readonly draw?: (messages: readonly ChatMessage[], seed: string) => readonly ChatMessage[];
  /**
   * How far a request is beyond the threshold from which the defense turns it away, in nats; at most 0 if it lets it
   * through. The target counts as that much less likely, so that a search drops what is turned away. Gradients leave it
   * out.
   */
  readonly excess?: (messages: readonly ChatMessage[], options: Abortable) => Promise<number>;
  /** Present if the defense also acts on answers, which only the answers that a search asks for can show. */
  readonly actsOnAnswers?: true;
}

/**
 * What of the defenses an attack above black-box access sees in another way than in plain log-probs. `filter`: candidates
 * that a defense would turn away rank behind others. `eot`: log-probs are means over draws of a random defense
 * (expectation over transformation). `answers`: what a defense does to answers shows in the answers alone.
 */
export const sights = ['filter', 'eot', 'answers'] as const;
export type Sight = (typeof sights)[number];

export const sightsOf = ({ excess, draw, actsOnAnswers }: DefenseView): readonly Sight[] => {
  const has = { filter: excess !== undefined, eot: draw !== undefined, answers: actsOnAnswers === true };
  return sights.filter((sight) => has[sight]);
};

type Rewrite = NonNullable<DefenseView['rewrite']>;

const inTurn =
  (rewrites: readonly Rewrite[]): Rewrite =>
  (messages, seed) =>
    rewrites.reduce((sent, rewrite) => rewrite(sent, seed), messages);

/**
 * Several views one after another; a request passes the first one first. Draws come last, as the defenses that draw stand
 * next to the model, and each detector reads the request as those before it leave it.
 */
export function composed(views: readonly DefenseView[]): DefenseView {
  const rewrites = views.flatMap(({ rewrite }) => rewrite ?? []);
  const draws = views.flatMap(({ draw }) => draw ?? []);
  const detectors = views.flatMap(({ excess }, i) =>
    excess ? [{ excess, before: inTurn(views.slice(0, i).flatMap(({ rewrite }) => rewrite ?? [])) }] : [],
  );
  const policy = views.findLast((view) => view.policy)?.policy;
  const conditional = views.findLast((view) => view.conditional)?.conditional;
  return {
    rewrite: inTurn(rewrites),
    ...views.reduce<Pick<DefenseView, 'edit'>>((before, { edit }) => {
      if (edit === undefined) return before;
      const { edit: both } = withEdit({ maxNewTokens: 1, ...before }, edit);
      return both === undefined ? before : { edit: both };
    }, {}),
    ...(policy && { policy }),
    ...(conditional && { conditional }),
    ...(draws.length > 0 && { draw: inTurn(draws) }),
    ...(detectors.length > 0 && {
      async excess(messages, options) {
        const each = await Promise.all(
          detectors.map(({ excess, before }) => excess(before(messages, '0'), options)),
        );
        return Math.max(...each);
      },
    }),
    ...(views.some(({ actsOnAnswers }) => actsOnAnswers) && { actsOnAnswers: true }),
  };
}
