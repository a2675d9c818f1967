/** @file Calls and tokens that a trial spends on each model. */
import { joinServed, type Served } from '../../models/endpoint.ts';
import type { TargetOrRole } from '../plan/find-models.ts';

/** Calls and tokens that a trial spent on one model. */
export interface Usage {
  readonly queries: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Sequences scored without generating. */
  readonly scored: number;
  readonly gradients: number;
  /** The servers that answered; absent for models that run in the lab. */
  readonly served?: readonly Served[];
}

export type UsageByRole = Readonly<Partial<Record<TargetOrRole, Usage>>>;

export const noUsage: Usage = { queries: 0, promptTokens: 0, completionTokens: 0, scored: 0, gradients: 0 };

export function addUsage(a: Usage, b: Partial<Usage>): Usage {
  const served = joinServed(a.served, b.served);
  return {
    queries: a.queries + (b.queries ?? 0),
    promptTokens: a.promptTokens + (b.promptTokens ?? 0),
    completionTokens: a.completionTokens + (b.completionTokens ?? 0),
    scored: a.scored + (b.scored ?? 0),
    gradients: a.gradients + (b.gradients ?? 0),
    ...(served && { served }),
  };
}
