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

/** Which draw is meant: the same place gives the same draw. */
export interface DrawPlace extends Abortable {
  readonly seed: string;
  /** From 0. */
  readonly index: number;
}

export interface Draw {
  /** The conversation that reaches the model. */
  readonly messages: readonly ChatMessage[];
  /** As `DefenseView.excess`, of this draw alone. Default: it is let through. */
  readonly excess?: number;
}

/** Names the random stream of a draw. */
export const drawSeed = ({ seed, index }: DrawPlace): string => `${seed}/draw/${index}`;

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
   * One of the ways in which a request may reach the model, of a defense that rewrites requests so that no token of theirs
   * is sure to arrive. Log-probs are means over several; gradients are those of the request as it is.
   */
  readonly draw?: (messages: readonly ChatMessage[], at: DrawPlace) => Promise<Draw>;
  /**
   * How far a request is beyond the threshold from which the defense turns it away, in nats; at most 0 if it lets it
   * through. The target counts as that much less likely, so that a search drops what is turned away.
   */
  readonly excess?: (messages: readonly ChatMessage[], options: Abortable) => Promise<number>;
  /**
   * The gradient of `excess` with respect to the one-hot rows of some of the user's own tokens, shape [S, V]: a term of the
   * gradient of a request that is turned away, for attacks that ask for it. `null` where the detector does not read these
   * tokens. Absent: gradients leave the detector out.
   */
  readonly excessGradient?: (
    messages: readonly ChatMessage[],
    tokens: readonly number[],
    options: Abortable,
  ) => Promise<Float32Array | null>;
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

export const sightsOf = (views: readonly DefenseView[]): readonly Sight[] => {
  const has = {
    filter: views.some(({ excess }) => excess),
    eot: views.some(({ draw }) => draw),
    answers: views.some(({ actsOnAnswers }) => actsOnAnswers),
  };
  return sights.filter((sight) => has[sight]);
};

type Rewrite = NonNullable<DefenseView['rewrite']>;

const inTurn =
  (rewrites: readonly Rewrite[]): Rewrite =>
  (messages, seed) =>
    rewrites.reduce((sent, rewrite) => rewrite(sent, seed), messages);

/** A request on its way through views, in the draw that is meant. */
async function drawThrough(
  views: readonly DefenseView[],
  messages: readonly ChatMessage[],
  at: DrawPlace,
): Promise<Draw> {
  let [sent, excess, isDrawn] = [messages, 0, false];
  for (const view of views) {
    if (isDrawn && view.excess) excess = Math.max(excess, await view.excess(sent, at));
    sent = view.rewrite?.(sent, at.seed) ?? sent;
    const drawn = await view.draw?.(sent, at);
    if (drawn === undefined) continue;
    [sent, isDrawn] = [drawn.messages, true];
    excess = Math.max(excess, drawn.excess ?? 0);
  }
  return { messages: sent, excess };
}

/**
 * Several views one after another; a request passes the first one first. Each detector reads the request as those before it
 * leave it: behind a defense that draws, once in every draw.
 */
export function composed(views: readonly DefenseView[]): DefenseView {
  const rewrites = views.flatMap(({ rewrite }) => rewrite ?? []);
  const firstDraw = views.findIndex(({ draw }) => draw);
  const undrawn = firstDraw < 0 ? views : views.slice(0, firstDraw);
  const detectors = undrawn.flatMap(({ excess, excessGradient }, i) => {
    const before = inTurn(views.slice(0, i).flatMap(({ rewrite }) => rewrite ?? []));
    return excess
      ? [{ excess, excessGradient, read: (sent: readonly ChatMessage[]) => before(sent, '0') }]
      : [];
  });
  const excesses = (messages: readonly ChatMessage[], options: Abortable) =>
    Promise.all(detectors.map(({ excess, read }) => excess(read(messages), options)));
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
    ...(firstDraw >= 0 && { draw: (messages, at) => drawThrough(views, messages, at) }),
    ...(detectors.length > 0 && {
      excess: async (messages, options) => Math.max(...(await excesses(messages, options))),
    }),
    ...(detectors.some(({ excessGradient }) => excessGradient) && {
      /** That of the detector that is furthest from letting the request through; `null` where all let it through. */
      async excessGradient(messages, tokens, options) {
        const each = await excesses(messages, options);
        const most = Math.max(...each);
        const { excessGradient, read } = detectors[each.indexOf(most)]!;
        return most > 0 ? ((await excessGradient?.(read(messages), tokens, options)) ?? null) : null;
      },
    }),
  };
}
