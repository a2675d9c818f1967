/** @file What was found inside models, as plain data. Layer boundaries count from 0, the embedding, to the number of layers. */
import type { Estimate } from '../../core/means.ts';
import type { Area, Rate } from '../../core/statistics.ts';

/** How far the states of each token lie along a direction. */
export interface Projection {
  /** The text of each token of the prompt. */
  readonly tokens: readonly string[];
  /** By layer boundary, then by token. */
  readonly values: readonly (readonly number[])[];
}

export interface LensToken {
  readonly text: string;
  readonly probability: number;
}

/** The first token of an answer, read from the stream at a layer boundary. */
export interface LensLayer {
  readonly boundary: number;
  /** The likeliest tokens, likeliest first. */
  readonly top: readonly LensToken[];
  /** Those that were asked about, in the same order. */
  readonly watched: readonly LensToken[];
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

/** What is being looked at. */
export interface InsightProgress {
  readonly model: string;
  readonly part: 'states' | 'probes' | 'relearning';
}

/** What was found in one model. */
export interface InsideModel {
  readonly model: string;
  readonly projection: Projection;
  readonly lens: readonly LensLayer[];
  readonly probe: readonly ProbedLayer[];
  /** Empty where it was not asked for. */
  readonly relearning: readonly RelearningPoint[];
}

export interface InsightReport {
  /** The request whose states and first token are shown. */
  readonly prompt: string;
  /** Texts whose first tokens the lens watches. */
  readonly watched: readonly string[];
  /** The base first, where there is one. */
  readonly models: readonly InsideModel[];
  /** How far the model is from its base along harmful answers; `null` without a base or answers. */
  readonly depth: readonly DepthPoint[] | null;
}
