/**
 * @file What the lab asks of a language model, in three tiers of access.
 * Shapes: T = tokens of a target string, S = tokens of a span, L = prompt tokens, V = vocabulary size.
 * Units: log-probs are in nats and never positive. Returned arrays are copies the caller owns, unless said otherwise.
 */
import type { ChatMessage } from '../core/chat.ts';
import type { DefenseEvent } from '../core/defense-event.ts';
import type { Access } from '../core/method.ts';
import type { ChatTokenizer, PromptOptions, SpecialTokens } from './chat-tokenizer.ts';
import type { DecodingPolicy, TokenTrace } from './decoding/policy.ts';

export interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** Temperature 0 is greedy. `topP` keeps the smallest set of tokens whose mass reaches it. */
export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
}
export const greedy: Sampling = { temperature: 0, topP: 1 };

export interface GenerateOptions extends Abortable {
  readonly maxNewTokens: number;
  /** Default: greedy. */
  readonly sampling?: Sampling;
  /** Names the random stream of this one request. Default: `'0'`. */
  readonly seed?: string;
  /** Generation ends before the first of these strings; the string is not part of the text. */
  readonly stop?: readonly string[];
  /** Words put in the model's mouth: the answer goes on from here. They are not part of the returned text. */
  readonly assistantPrefix?: string;
  /** How special tokens typed into a message are read. Default: `'text'`. */
  readonly specialTokens?: SpecialTokens;
  /** Changes the next-token distribution; needs a model of tier grey-box. */
  readonly policy?: DecodingPolicy;
  /** Changes the model itself; needs one of tier white-box. Requests that share the object share a batch. */
  readonly edit?: ModelEdit;
  /**
   * Ids of the first new tokens, taken in place of what sampling chose; later tokens are sampled as ever. Everything
   * about them is recorded, so that an answer can be taken up at any token and led another way. Needs tier grey-box.
   */
  readonly forced?: readonly number[];
  /** How many likely alternatives to record per token. Default 0: tokens are not recorded. */
  readonly topTokens?: number;
  /** Called after each token with the text so far. */
  readonly onToken?: (token: TokenTrace, text: string) => void;
  /** Can end the answer while it is written; needs a model of tier grey-box, others write on. */
  readonly watch?: Watch;
  /** Cuts the text of user turns into pieces that are encoded one by one. Default: one piece. */
  readonly pieces?: PromptOptions['pieces'];
}

/** Looks at an answer while it is written. The next token waits for it, so that where it stops depends on nothing else. */
export interface Watch {
  /** Tokens from one look to the next; there is always one at the end. */
  readonly every: number;
  /** Told the new text so far and its length in tokens. `true` ends the answer there, as 'blocked'. */
  readonly stop: (text: string, tokens: number) => Promise<boolean>;
}

export type FinishReason = 'end' | 'length' | 'stop-string' | 'blocked';

export interface Generation {
  readonly text: string;
  readonly finishReason: FinishReason;
  /** Filled when `topTokens` asked for it and the tier allows. */
  readonly tokens: readonly TokenTrace[];
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** In the order in which the defenses acted; empty for an undefended model. */
  readonly events: readonly DefenseEvent[];
}

/** Black-box: text in, text out. */
export interface LanguageModel {
  readonly id: string;
  readonly access: Access;
  /** Most tokens the model can attend to, prompt and completion together. */
  readonly contextWindow: number;
  /**
   * Write the next assistant turn. Stateless: the result depends only on the arguments.
   * Callers ask concurrently; the runtime joins waiting requests into one batch.
   * @throws LabError 'context-overflow' if the templated prompt leaves no room for one new token.
   * @throws LabError 'device-lost' if the GPU went away; the model must be loaded again.
   * @throws LabError 'not-supported' for an option that this tier does not offer (a policy on a black box).
   * @throws DOMException named "AbortError" if `options.signal` aborts; other requests go on.
   */
  generate(messages: readonly ChatMessage[], options: GenerateOptions): Promise<Generation>;
}

export interface ScoringRequest {
  /** Token ids that come before; at least one. */
  readonly prompt: readonly number[];
  /** Token ids whose log-probs are wanted; at least one. */
  readonly target: readonly number[];
}

export interface ScoringOptions extends Abortable {
  /** Whether a prefix that requests share is computed once, where the runtime can. Default: true. */
  readonly sharePrefix?: boolean;
}

/** Several sequences decoded in step, each with its own cache. */
export interface DecodeSession {
  /** Rows still open. */
  readonly rows: number;
  /** Next-token logits of a row, shape [V]. Borrowed: valid until the next call. */
  logits(row: number): Float32Array;
  /** Append one token to each row. @throws LabError 'context-overflow' past the context window. */
  advance(tokens: readonly number[]): Promise<void>;
  /** Go on with these rows only, in this order. */
  keep(rows: readonly number[]): Promise<void>;
  /** Release the caches. Calling it twice is harmless. */
  close(): Promise<void>;
}

/** Grey-box: also reads distributions and scores strings that the model did not write. */
export interface ScoringModel extends LanguageModel {
  readonly tokenizer: ChatTokenizer;
  /**
   * Score many targets in one call.
   * @returns one array of shape [T] a request; entry t is log p(target[t] | prompt, target[0..t)).
   */
  logProbs(requests: readonly ScoringRequest[], options?: ScoringOptions): Promise<Float32Array[]>;
  /** Prefill `prompts` (token ids, one row each) and decode them in step. */
  open(prompts: readonly (readonly number[])[], options?: Abortable): Promise<DecodeSession>;
}

/** What is changed inside a model while it reads and writes: plain data, so that a record can hold it. */
export interface ModelEdit {
  /** Vectors that act as tokens. */
  readonly softTokens?: {
    /** One embedding each, shape [count][d]. */
    readonly vectors: readonly (readonly number[])[];
    /** Behind the start of the prompt (BOS), or behind the text of the system turn or the last user turn. */
    readonly at: 'start' | 'system-end' | 'user-end';
  };
  /** Changes of the residual stream, at every position alike, in order. */
  readonly residual?: readonly ResidualChange[];
}

/** The residual stream x becomes x − (x·a)a + b. */
export interface ResidualChange {
  /** Layer boundaries: 0 is the embedding, n is after layer n. Default: all. */
  readonly boundaries?: readonly number[];
  /** a: a direction to project out; it is normalised first. Shape [d]. */
  readonly ablate?: readonly number[];
  /** b: a vector to add. Shape [d]. */
  readonly add?: readonly number[];
}

/** A prompt in which tokens `[start, end)` may be changed. */
export interface SpanRequest extends ScoringRequest {
  readonly start: number;
  readonly end: number;
}

/** White-box: also differentiates, reads and edits what happens inside. */
export interface WhiteBoxModel extends ScoringModel {
  /**
   * Gradient of the target loss (mean −log-prob, nats per token) with respect to the one-hot rows of a span.
   * @returns row-major, shape [S, V]; negative where a swap is predicted to lower the loss.
   * @see https://arxiv.org/abs/2307.15043 (GCG), where this ranks the candidate swaps
   */
  tokenGradient(request: SpanRequest, options?: Abortable): Promise<Float32Array>;
  /** The same gradient with respect to the embeddings of a span. @returns row-major, shape [S, d]. */
  embeddingGradient(request: SpanRequest, options?: Abortable): Promise<Float32Array>;
  /**
   * Gradient of ⟨cotangent, last hidden state of the last token⟩ with respect to the embedding of each prompt token:
   * what vectors in the prompt are trained by.
   * @param cotangent shape [d]
   * @returns row-major, shape [L, d]
   */
  hiddenGradient(
    prompt: readonly number[],
    cotangent: Float32Array,
    options?: Abortable,
  ): Promise<Float32Array>;
  /** @returns one array a layer boundary (embedding first), each row-major of shape [L, hidden size]. */
  hiddenStates(prompt: readonly number[], options?: Abortable): Promise<Float32Array[]>;
  /** Weights by their Hugging Face names; shapes as in the checkpoint. Copies. */
  parameters(): Promise<ReadonlyMap<string, Tensor>>;
  /**
   * The same model with `edit` in place, for reading and scoring many times; it shares the weights and can be used
   * beside this one. Soft tokens have the ids V, V + 1 …, and its tokenizer puts them into every prompt.
   * @throws LabError 'not-supported' if the edit was made for a model of another shape, or nothing inside can be edited
   */
  edited(edit: ModelEdit): EditedModel;
  /**
   * A copy that can be trained. Models it gives out share what this one holds: dispose of them first.
   * @throws LabError 'not-supported' if there is nothing to train (a scripted model)
   */
  learner(options: { readonly learningRate: number }): Promise<Learner>;
}

/** A row of tokens to learn from: those from `from` on, each predicted from what stands before it. */
export interface Lesson {
  readonly ids: readonly number[];
  /** At least 1, and less than there are ids. */
  readonly from: number;
}

/** A copy of a model's weights that learns (AdamW); the model itself stays as it is. */
export interface Learner {
  /** One update. @returns the mean cross-entropy of the rows before it, nats per token */
  learn(rows: readonly Lesson[]): Promise<number>;
  /** The model with what was learned by now, to be freed by its `dispose`. It does not learn on. */
  model(): Promise<EditedModel>;
  /** Free what learning takes. Models that were given out go on. */
  dispose(): void;
}

export interface EditedModel extends WhiteBoxModel {
  /** Free what the edit holds on the device. The model it was made from goes on. */
  dispose(): void;
}

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export const isScoring = (model: LanguageModel): model is ScoringModel => model.access !== 'black-box';
export const isWhiteBox = (model: LanguageModel): model is WhiteBoxModel => model.access === 'white-box';
