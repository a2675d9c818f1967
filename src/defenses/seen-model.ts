/** @file The defended model as an attacker who knows the defenses reads it: through their views. */
import type { ChatMessage } from '../core/chat.ts';
import type { ChatTokenizer } from '../models/chat-tokenizer.ts';
import {
  isWhiteBox,
  type LanguageModel,
  type ScoringModel,
  type ScoringOptions,
  type ScoringRequest,
  type WhiteBoxModel,
} from '../models/language-model.ts';
import { conditionalModel } from './conditional-model.ts';
import { withEdit } from './generation/edits.ts';
import { policyLogProbs, type PromptSource } from './generation/policy-log-probs.ts';
import type { DefenseView } from './view.ts';

export interface SeenModelOptions {
  /** What defenses draw from. */
  readonly seed: string;
  /** Answers of the defended model. */
  readonly generate: LanguageModel['generate'];
  /** Over how many draws of a random defense log-probs are averaged. Default: 4. */
  readonly draws?: number | undefined;
  /** Present if gradients hold how far a request is beyond the thresholds of detectors. Default: they leave these out. */
  readonly detectorGradients?: true | undefined;
  /** The signal that readings by defenses carry, so that they are counted. Default: that of the caller. */
  readonly signalFor?: (signal: AbortSignal | undefined) => AbortSignal | undefined;
}

interface Disposable {
  /** Free what it holds on the device. */
  dispose(): void;
}

interface Asked extends PromptSource {
  /** As the attacker sent it. */
  readonly messages: readonly ChatMessage[];
}

/** Prompts of which the conversation is remembered: those of a few steps of a search. */
const mostAsked = 8192;

/** Nats per token by which a target is less likely behind a request that is turned away, beside those of the excess. */
const blockedLoss = 5;

/**
 * The defended model at the tier of `model`: prompts are those that reach the model, and log-probs, gradients and hidden
 * states are read behind them. Its answers are those of the whole stack. Where a view draws or turns requests away,
 * log-probs of prompts that the tokenizer made say so; of others they are those of the model.
 * @param model with the view's edit in place already; white-box where the view has a conditional edit
 * @returns a model to be disposed of, which leaves `model` usable
 */
export function seenModel<M extends ScoringModel>(
  model: M,
  view: DefenseView,
  { seed, generate, draws = 4, detectorGradients, signalFor = (signal) => signal }: SeenModelOptions,
): M & Disposable {
  const {
    rewrite = (messages: readonly ChatMessage[]) => messages,
    policy,
    conditional,
    draw,
    excess,
    excessGradient,
  } = view;
  const asked = new Map<string, Asked>();
  const remember = (prompt: readonly number[], conversation: Asked) => {
    const key = prompt.join();
    asked.delete(key);
    asked.set(key, conversation);
    if (asked.size > mostAsked) asked.delete(asked.keys().next().value!);
  };
  const sourceOf = (prompt: readonly number[]) => asked.get(prompt.join());
  /** The prompt of the whole conversation that a prompt with the beginning of an answer was made of. */
  const sentIn =
    ({ tokenizer }: ScoringModel) =>
    (prompt: readonly number[]) => {
      const known = sourceOf(prompt);
      return known ? tokenizer.prompt(known.sent) : prompt;
    };
  const tokenizers = new WeakMap<ChatTokenizer, ChatTokenizer>();
  const rewriting = (tokenizer: ChatTokenizer): ChatTokenizer => {
    const seen = tokenizers.get(tokenizer) ?? {
      ...tokenizer,
      prompt(messages, options) {
        const sent = rewrite(messages, seed);
        const prompt = tokenizer.prompt(sent, options);
        if (draw || excess || policy || conditional) remember(prompt, { messages, sent, options });
        return prompt;
      },
      withSettings: (settings) => rewriting(tokenizer.withSettings(settings)),
    };
    tokenizers.set(tokenizer, seen);
    return seen;
  };

  /** Of a target behind a request that is turned away if `over` is positive. */
  const penalized = (logProbs: Float32Array, over: number) =>
    over > 0 ? logProbs.map((value) => value - blockedLoss - over) : logProbs;

  /** Shape as of `logProbs`: means over draws, of requests whose conversation is known. */
  const overDraws = async (
    requests: readonly ScoringRequest[],
    drawn: NonNullable<DefenseView['draw']>,
    { tokenizer }: ScoringModel,
    options: ScoringOptions,
    score: (requests: readonly ScoringRequest[]) => Promise<Float32Array[]>,
  ): Promise<Float32Array[]> => {
    const copiesOf = async ({ prompt, target }: ScoringRequest) => {
      const known = sourceOf(prompt);
      if (known === undefined) return [{ prompt, target, over: 0 }];
      return Promise.all(
        Array.from({ length: draws }, async (_, index) => {
          const { messages: sent, excess: over = 0 } = await drawn(known.messages, {
            ...options,
            seed,
            index,
          });
          const copy = tokenizer.prompt(sent, known.options);
          if (policy || conditional) remember(copy, { ...known, sent });
          return { prompt: copy, target, over };
        }),
      );
    };
    const copies = await Promise.all(requests.map(copiesOf));
    const scores = await score(copies.flat());
    let start = 0;
    return copies.map((drawn) => {
      const own = drawn.map(({ over }) => penalized(scores[start++]!, over));
      return own[0]!.map((_, t) => own.reduce((sum, values) => sum + values[t]!, 0) / own.length);
    });
  };

  const seen = <V extends ScoringModel>(model: V, answer: LanguageModel['generate']): V & Disposable => {
    const onSides =
      conditional && isWhiteBox(model) ? conditionalModel(model, conditional, sentIn(model)) : null;
    const read = onSides ? { ...model, ...onSides } : model;
    const logProbs = async (requests: readonly ScoringRequest[], options: ScoringOptions = {}) => {
      const within = { ...options, signal: signalFor(options.signal) };
      const score = (all: readonly ScoringRequest[]) =>
        policy ? policyLogProbs(read, policy, all, within, sourceOf) : read.logProbs(all, options);
      const scored = await (draw ? overDraws(requests, draw, read, within, score) : score(requests));
      if (!excess) return scored;
      return Promise.all(
        scored.map(async (values, i) => {
          const known = sourceOf(requests[i]!.prompt);
          return penalized(values, known ? await excess(known.messages, within) : 0);
        }),
      );
    };
    return {
      ...read,
      tokenizer: rewriting(read.tokenizer),
      generate: answer,
      logProbs,
      ...(isWhiteBox(read) &&
        isWhiteBox(model) &&
        ({
          async tokenGradient(request, options = {}) {
            const { prompt, start, end, weights } = request;
            const gradient = await read.tokenGradient(request, options);
            const known = detectorGradients && excessGradient && sourceOf(prompt);
            if (!known) return gradient;
            const within = { signal: signalFor(options.signal) };
            const term = await excessGradient(known.messages, prompt.slice(start, end), within);
            const share = weights?.reduce((sum, weight) => sum + weight, 0) ?? 1;
            return term === null ? gradient : gradient.map((value, i) => value + share * term[i]!);
          },
          edited(edit) {
            const changed = model.edited(edit);
            const shown = seen(changed, (messages, options) => answer(messages, withEdit(options, edit)));
            return {
              ...shown,
              dispose() {
                shown.dispose();
                changed.dispose();
              },
            };
          },
        } satisfies Partial<WhiteBoxModel>)),
      dispose: () => onSides?.dispose(),
    };
  };
  const { withPrompts: _, ...shown } = seen(model, generate);
  return shown as M & Disposable;
}
