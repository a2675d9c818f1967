/**
 * @file The first tier of access to a language model: text in, text out. Options that need a higher tier say so.
 */
import type { ChatMessage } from '../../core/chat.ts';
import type { DefenseEvent } from '../../core/defense-event.ts';
import type { Access } from '../../core/method.ts';
import type { GivenThought } from '../../core/thoughts.ts';
import type { PromptOptions, SpecialTokens } from '../chat-tokenizer.ts';
import type { Abortable } from '../decoding/abort.ts';
import type { DecodingPolicy, TokenTrace } from '../decoding/policy.ts';
import type { Sampling } from '../decoding/sampler.ts';
import type { Served } from '../endpoint.ts';
import type { ChosenPrecision } from '../precision.ts';
import type { PromptSettings } from '../prompt-settings.ts';
import type { ModelEdit } from './edit.ts';

export interface GenerateOptions extends Abortable {
  readonly maxNewTokens: number;
  /** Default: greedy. */
  readonly sampling?: Sampling;
  /** Names the random stream of this one request. Default: `'0'`. */
  readonly seed?: string;
  /** Generation ends before the first of these strings in the answer; the string is not part of the text. */
  readonly stop?: readonly string[];
  /** Words put in the model's mouth: the answer continues from them. They are not part of the returned text. */
  readonly assistantPrefix?: string;
  /**
   * A thought put in the model's mouth, between the tags of its template, before the answer or its prefix; of a model
   * that has no such tags it is the first paragraph of the answer. It is part of neither text nor thoughts that return.
   */
  readonly assistantThought?: GivenThought;
  /** How to encode special tokens typed into a message. Default: `'text'`. */
  readonly specialTokens?: SpecialTokens;
  /** Changes the next-token distribution; needs grey-box access. */
  readonly policy?: DecodingPolicy;
  /** Changes the model itself; needs white-box access. Requests that share the object share a batch. */
  readonly edit?: ModelEdit;
  /**
   * Ids of the first new tokens, in place of what sampling chose; later tokens are sampled as usual. Forced tokens are
   * recorded like sampled ones, so that an answer can be continued differently from any token. Needs grey-box access.
   */
  readonly forced?: readonly number[];
  /** How many of the likeliest alternatives to record per token. Default 0: tokens are not recorded. */
  readonly topTokens?: number;
  /** Called after each token with the text so far, thoughts and their tags included (`splitThoughts`). */
  readonly onToken?: (token: TokenTrace, text: string) => void;
  /** Can end the answer while it is generated. Needs grey-box access; other models ignore it. */
  readonly watch?: Watch;
  /** Cuts the user's own words in user turns into pieces that are encoded one by one. Default: one piece. */
  readonly pieces?: PromptOptions['pieces'];
}

/** Checks an answer while it is generated. The next token waits for the check, so where it stops is reproducible. */
export interface Watch {
  /** Tokens between checks; there is always one at the end. */
  readonly every: number;
  /**
   * Gets the answer so far, once there is one, and the number of new tokens. `true` ends the answer there, as 'blocked'.
   */
  readonly stop: (text: string, tokens: number) => Promise<boolean>;
}

export type FinishReason = 'end' | 'length' | 'stop-string' | 'blocked';

export interface Generation {
  /** The answer. Empty if the model thought and did not come to an end. */
  readonly text: string;
  /** What a reasoning model wrote before its answer; absent if it did not think. Nothing grades it. */
  readonly thoughts?: string;
  /** True if the template has no system turn, so that the text of one went in front of the first user turn. */
  readonly systemInUserTurn?: true;
  /** True if the model has no chat template, so that it continued the text of the messages. */
  readonly plainText?: true;
  readonly finishReason: FinishReason;
  /** Filled if `topTokens` asks for it and the model's tier allows it. */
  readonly tokens: readonly TokenTrace[];
  /** `null` where a server does not count. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** In the order in which the defenses acted; empty for an undefended model. */
  readonly events: readonly DefenseEvent[];
  /** The server that wrote it; absent for models that run in the lab. */
  readonly served?: Served;
}

/** Black-box: text in, text out. */
export interface LanguageModel {
  readonly id: string;
  readonly access: Access;
  /** Most tokens the model can attend to, prompt and completion together. */
  readonly contextWindow: number;
  /** The precision of its arithmetic, and why it is this one; absent for models that run elsewhere or do not say. */
  readonly computes?: ChosenPrecision;
  /**
   * Write the next assistant turn. Stateless: the result depends only on the arguments.
   * Callers may ask concurrently; the runtime joins waiting requests into one batch.
   * @throws LabError 'context-overflow' if the templated prompt leaves no room for one new token.
   * @throws LabError 'device-lost' if the GPU went away; the model must be loaded again.
   * @throws LabError 'not-supported' for an option that this tier does not offer (a policy on a black box).
   * @throws DOMException named "AbortError" if `options.signal` aborts; other requests continue.
   */
  generate(messages: readonly ChatMessage[], options: GenerateOptions): Promise<Generation>;
  /**
   * The same model whose chat template reads another date and other variables; it shares the weights, and is not to be
   * disposed of. Absent where the template is out of reach.
   * @throws LabError 'bad-input' for settings that make no sense
   */
  withPrompts?(settings: PromptSettings): LanguageModel;
}
