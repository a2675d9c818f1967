/** @file Calls and tokens that a trial spends on each model. */
import { sumOfCounts } from '../../core/counts.ts';
import { joinServed, type Served } from '../../models/endpoint.ts';
import { precisions, type ComputePrecision } from '../../models/precision.ts';
import type { TargetOrRole } from '../plan/find-models.ts';

/** Calls and tokens that a trial spent on one model. */
export interface Usage {
  readonly queries: number;
  /** `null` if some of its calls went to a server that does not count. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** Sequences scored without generating. */
  readonly scored: number;
  /** Tokens of these sequences, prompts included; absent where there are none, or records are of earlier releases. */
  readonly scoredTokens?: number;
  readonly gradients: number;
  /** The servers that answered; absent for models that run in the lab. */
  readonly served?: readonly Served[];
  /** In which the models of the lab computed their answers; absent where they do not say. */
  readonly precisions?: readonly ComputePrecision[];
}

export type UsageByRole = Readonly<Partial<Record<TargetOrRole, Usage>>>;

export const noUsage: Usage = { queries: 0, promptTokens: 0, completionTokens: 0, scored: 0, gradients: 0 };

/** Of all roles together. */
export const totalUsage = (usage: UsageByRole): Usage => Object.values(usage).reduce(addUsage, noUsage);

/** Calls of one model, as forward passes of one sequence: a gradient is worth about three. */
export const forwardPasses = ({ queries, scored, gradients }: Usage): number =>
  queries + scored + 3 * gradients;

/** Read, written and scored, by all models; those of servers that do not count are left out. */
export const tokensOf = (usage: UsageByRole): number =>
  Object.values(usage).reduce(
    (sum, { promptTokens, completionTokens, scoredTokens }) =>
      sum + (promptTokens ?? 0) + (completionTokens ?? 0) + (scoredTokens ?? 0),
    0,
  );

export function addUsage(a: Usage, b: Partial<Usage>): Usage {
  const served = joinServed(a.served, b.served);
  const scoredTokens = (a.scoredTokens ?? 0) + (b.scoredTokens ?? 0);
  const all = [...(a.precisions ?? []), ...(b.precisions ?? [])];
  return {
    queries: a.queries + (b.queries ?? 0),
    promptTokens: sumOfCounts([a.promptTokens, b.promptTokens === undefined ? 0 : b.promptTokens]),
    completionTokens: sumOfCounts([
      a.completionTokens,
      b.completionTokens === undefined ? 0 : b.completionTokens,
    ]),
    scored: a.scored + (b.scored ?? 0),
    gradients: a.gradients + (b.gradients ?? 0),
    ...(scoredTokens > 0 && { scoredTokens }),
    ...(served && { served }),
    ...(all.length > 0 && { precisions: precisions.filter((precision) => all.includes(precision)) }),
  };
}
