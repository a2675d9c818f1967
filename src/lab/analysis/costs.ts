/** @file What trials cost: the time that a defense adds to an answer, its extra calls and tokens, and sums over trials. */
import { sumOfCounts } from '../../core/counts.ts';
import { meanOf, pairedRatioOf } from '../../core/means.ts';
import { mean } from '../../core/statistics.ts';
import type { RunArtifact } from '../plan/artifacts.ts';
import { isAdaptive } from '../plan/attack-mode.ts';
import { undefended } from '../plan/plan.ts';
import type { AnswerSpending, TrialDigest } from '../records/digest.ts';
import type { Cell, Costs, Overhead, Preparation, Speed } from '../records/summary.ts';
import { addUsage, noUsage } from '../records/usage.ts';
import { sameRequests } from './same-requests.ts';

/**
 * Answer times behind a defense, and undefended, of the requests that were answered both ways: a refusal in place of an
 * answer, or none, has other times. Batches must be of the same size, because a batch shares its time.
 * @param trials of one model; those without times are left out
 */
export function speedOf(model: string, defense: string, trials: readonly TrialDigest[]): Speed {
  const timed = trials.filter((trial) => isAnswered(trial) && trial.times.firstTokenMs !== undefined);
  const bare = timed.filter((trial) => trial.defense === undefended);
  const behind = timed.filter((trial) => trial.defense === defense);
  const otherEngine = defense !== undefended && behind.some((trial) => trial.otherEngine);
  const pairs = otherEngine ? [] : sameRequests(behind, bare);
  const own = otherEngine ? behind : pairs.map(([trial]) => trial);
  const firsts = pairs.map((pair) => pair.map(({ times }) => times.firstTokenMs!) as [number, number]);
  const tokens = pairs.flatMap((pair): [number, number][] => {
    const [after, before] = pair.map(({ times }) => times.tokenMs);
    return after === undefined || before === undefined ? [] : [[after, before]];
  });
  const later = firsts.length === 0 ? null : meanOf(firsts.map(([after, before]) => after - before));
  const slower = tokens.some(([, before]) => before > 0) ? pairedRatioOf(tokens) : null;
  const compared = defense !== undefended;
  return {
    model,
    defense,
    n: own.length,
    ...(otherEngine && { otherEngine }),
    firstTokenMs: meanOrNull(own.map(({ times }) => times.firstTokenMs)),
    addedFirstTokenMs: later?.value ?? null,
    addedFirstTokenInterval: compared ? (later?.interval ?? null) : null,
    tokenMs: meanOrNull(own.map(({ times }) => times.tokenMs)),
    tokenTimeRatio: slower?.value ?? null,
    tokenTimeRatioInterval: compared ? (slower?.interval ?? null) : null,
  };
}

/** True if the request got an answer of the model: it did not fail, is not empty, and no defense declined or cut it. */
const isAnswered = ({ finishReason, output }: TrialDigest): boolean =>
  finishReason !== 'failed' && finishReason !== 'blocked' && !output.empty;

function meanOrNull(values: readonly (number | undefined)[]): number | null {
  const measured = values.filter((value) => value !== undefined);
  return measured.length === 0 ? null : mean(measured);
}

export const elapsedOf = (trials: readonly TrialDigest[]): number =>
  trials.reduce((sum, { times }) => sum + times.attackMs + times.answerMs + times.scoreMs, 0);

/** What the defenses of a run took to learn; those of earlier releases do not tell. */
export const preparationOf = (artifacts: readonly RunArtifact[]): readonly Preparation[] =>
  artifacts.flatMap(({ model, defense, spent }) => (spent ? [{ model, defense, ...spent }] : []));

/** What answers and verdicts took, and the making of the attacks apart, where it was done. */
export function costOf(trials: readonly TrialDigest[]): Costs & Pick<Cell, 'making'> {
  const all = trials.reduce((sum, { usage }) => addUsage(sum, usage), noUsage);
  const made = trials.reduce((sum, { making }) => addUsage(sum, making), noUsage);
  const tokens = trials.map((trial) => trial.tokens);
  const madeTokens = sumOfCounts(trials.map(({ making }) => making.tokens));
  const sum = sumOfCounts(tokens);
  return {
    queries: all.queries - made.queries,
    sequences: all.scored - made.scored,
    gradients: all.gradients - made.gradients,
    tokens: sum === null || madeTokens === null ? null : sum - madeTokens,
    elapsedMs: trials.reduce((total, { times }) => total + times.answerMs + times.scoreMs, 0),
    ...(trials.some(makesItsAttack) && {
      making: {
        queries: made.queries,
        sequences: made.scored,
        gradients: made.gradients,
        tokens: madeTokens,
        elapsedMs: trials.reduce((total, { times }) => total + times.attackMs, 0),
      },
    }),
  };
}

/** A static attack is made in its undefended trial, and its result is replayed behind a defense; an adaptive one in each. */
const makesItsAttack = (trial: TrialDigest): boolean => trial.defense === undefended || isAdaptive(trial);

/** The costs of a cell, the making of its attacks included. */
export function wholeCost(cell: Cell): Costs {
  const { queries, sequences, gradients, tokens, elapsedMs, making } = cell;
  return {
    queries: queries + (making?.queries ?? 0),
    sequences: sequences + (making?.sequences ?? 0),
    gradients: gradients + (making?.gradients ?? 0),
    tokens: sumOfCounts([tokens, making ? making.tokens : 0]),
    elapsedMs: elapsedMs + (making?.elapsedMs ?? 0),
  };
}

/**
 * Mean difference of what answers took behind a defense and undefended, request by request. Failed trials are left out.
 * @param trials of one model
 * @returns `null` without a request that both have
 */
export function overheadOf(model: string, defense: string, trials: readonly TrialDigest[]): Overhead | null {
  const finished = trials.filter(({ finishReason, answering }) => finishReason !== 'failed' && answering);
  const within = (name: string) => finished.filter((trial) => trial.defense === name);
  const pairs = sameRequests(within(defense), within(undefended)).map(
    (pair) => pair.map(({ answering }) => answering!) as [AnswerSpending, AnswerSpending],
  );
  if (pairs.length === 0) return null;
  const tokens = pairs.flatMap(([behind, open]) =>
    behind.tokens === null || open.tokens === null ? [] : [behind.tokens - open.tokens],
  );
  return {
    model,
    defense,
    n: pairs.length,
    queries: meanOf(pairs.map(([behind, open]) => behind.calls - open.calls)),
    tokens: tokens.length < pairs.length ? null : meanOf(tokens),
  };
}
