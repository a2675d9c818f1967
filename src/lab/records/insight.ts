/** @file What was found inside models, as plain data. Layer boundaries count from 0, the embedding, to the number of layers. */
import type { Estimate } from '../../core/means.ts';
import type { Area, Rate } from '../../core/statistics.ts';

/** What a token of the text belongs to: `attack` is what stands around the request in the user's turn. */
export type TextPart = 'template' | 'request' | 'attack' | 'opening' | 'answer';

export interface ReadToken {
  readonly text: string;
  readonly part: TextPart;
}

/**
 * How far the states of each token lie along the direction from harmless to harmful requests, and the means of both kinds
 * right before the answer, by layer boundary.
 */
export interface Projection {
  /** By layer boundary, then by token. */
  readonly values: readonly (readonly number[])[];
  readonly harmless: readonly number[];
  readonly harmful: readonly number[];
}

export interface LensToken {
  readonly text: string;
  readonly probability: number;
}

/** What final norm and head make of the stream at one layer boundary. */
export interface LensLayer {
  readonly boundary: number;
  /** The likeliest first tokens of the model's own answer, likeliest first. */
  readonly top: readonly LensToken[];
  /** First tokens that were asked about, in the same order. */
  readonly watched: readonly LensToken[];
  /** The likeliest next token after each position of `Lens.at`. */
  readonly path: readonly LensToken[];
}

export interface Lens {
  /** Indexes of the tokens whose next token is read, ascending. */
  readonly at: readonly number[];
  readonly layers: readonly LensLayer[];
}

/** What goes to the tokens of an attack, of all that a position attends to: a share, the mean over heads. */
export interface AttentionLayer {
  /** From 1, the first layer. */
  readonly layer: number;
  /** From the last token of the prompt, whose next token is the first of the answer. */
  readonly prompt: number;
  /** From the first tokens of the answer, their mean; `null` for an empty answer. */
  readonly answer: number | null;
}

export interface AttackAttention {
  readonly layers: readonly AttentionLayer[];
  /** The same shares if every token in sight got as much. */
  readonly even: Omit<AttentionLayer, 'layer'>;
}

export interface DepthPoint {
  /** Tokens of the answer that came before, from 0. */
  readonly position: number;
  /** KL(model ‖ base) of the next token, nats, over answers; 95 % by Student's t. */
  readonly divergence: Estimate;
  /** Answers that are so long. */
  readonly n: number;
}

export interface ProbedLayer {
  readonly boundary: number;
  /** Over requests of tasks that the probe was not fitted to. */
  readonly area: Area;
  /** The same for probes fitted to shuffled labels: near a half, unless the probe finds more than there is. */
  readonly shuffled: Area;
}

export interface RelearningPoint {
  /** Updates on harmful answers. */
  readonly updates: number;
  /** Of harmful answers to behaviors that are not trained on. */
  readonly rate: Rate;
}

/** How soon harm comes back in one model. */
export interface RelearningCurve {
  readonly model: string;
  readonly relearning: readonly RelearningPoint[];
}

/** A point of a curve that goes on. */
export interface RelearningEvent {
  readonly model: string;
  readonly point: RelearningPoint;
}

/** What is being looked at. */
export interface InsightProgress {
  readonly model: string;
  readonly part: 'directions' | 'states' | 'probes' | 'depth' | 'relearning';
  /** Texts read so far, of all; relearning is not among them. */
  readonly done: number;
  readonly of: number;
}

/** What was found in one model. */
export interface InsideModel extends RelearningCurve {
  /** The prompt, the opening put in the model's mouth, and the first tokens of its own answer. */
  readonly tokens: readonly ReadToken[];
  readonly projection: Projection;
  readonly lens: Lens;
  /** `null` without an attack in the text, or where the model does not tell. */
  readonly attention: AttackAttention | null;
  readonly probe: readonly ProbedLayer[];
  /** Empty where it was not asked for. */
  readonly relearning: readonly RelearningPoint[];
}

export interface InsightReport {
  /** The user's turn whose states and answer are shown. */
  readonly prompt: string;
  /** Texts whose first tokens the lens watches. */
  readonly watched: readonly string[];
  /** The base first, where there is one. */
  readonly models: readonly InsideModel[];
  /**
   * True if the model reads text in the base's tokens and has its shape: then both are projected on the base's directions, and
   * compared along answers.
   */
  readonly comparable: boolean;
  /** How far the model is from its base along harmful answers; `null` without a comparable base or answers. */
  readonly depth: readonly DepthPoint[] | null;
}
