/** @file What Safe RLHF carries from update to update, and the same as lists of numbers. */
import { LabError } from '../../core/errors.ts';
import type { TrainingRow } from '../../models/language-model.ts';
import type { Memory } from '../finetuning.ts';

type PerToken = readonly (readonly number[])[];

/** Answers that updates learn from, with what was found of them when they were given. */
export interface Rollout {
  readonly index: number;
  readonly rows: readonly TrainingRow[];
  /** By row and trained token. */
  readonly logProbs: PerToken;
  readonly advantages: PerToken;
  /** Means over the answers. */
  readonly reward: number;
  readonly cost: number;
  /** Log-prob of an answer above that by the model as it was, nats. */
  readonly drift: number;
}

export interface State {
  readonly multiplier: number;
  readonly critics: { readonly reward: readonly number[]; readonly cost: readonly number[] };
  readonly rollout: Rollout | null;
}

export const writeMemory = ({ multiplier, critics, rollout }: State): Memory => ({
  multiplier: [multiplier],
  rewardCritic: critics.reward,
  costCritic: critics.cost,
  ...(rollout && {
    rollout: [rollout.index, rollout.reward, rollout.cost, rollout.drift],
    lengths: rollout.rows.map(({ ids }) => ids.length),
    from: rollout.rows.map(({ from }) => from),
    ids: rollout.rows.flatMap(({ ids }) => ids),
    logProbs: rollout.logProbs.flat(),
    advantages: rollout.advantages.flat(),
  }),
});

/** @throws LabError 'bad-input' if it is none that `writeMemory` wrote for heads of `size` weights */
export function readMemory(memory: Memory, size: number): State {
  const { multiplier, rewardCritic, costCritic, rollout, lengths, from, ids, logProbs, advantages } = memory;
  if (multiplier?.[0] === undefined || rewardCritic?.length !== size || costCritic?.length !== size)
    throw unreadable();
  const state = { multiplier: multiplier[0], critics: { reward: rewardCritic, cost: costCritic } };
  if (!rollout) return { ...state, rollout: null };
  const [index, reward, cost, drift] = rollout;
  if (!lengths || !from || !ids || !logProbs || !advantages || drift === undefined) throw unreadable();
  const perRow = (values: readonly number[], counts: readonly number[]) => {
    let at = 0;
    return counts.map((count) => values.slice(at, (at += count)));
  };
  const trained = lengths.map((length, row) => length - from[row]!);
  return {
    ...state,
    rollout: {
      ...{ index: index!, reward: reward!, cost: cost!, drift },
      rows: perRow(ids, lengths).map((row, i) => ({ ids: row, from: from[i]! })),
      logProbs: perRow(logProbs, trained),
      advantages: perRow(advantages, trained),
    },
  };
}

const unreadable = (): LabError =>
  new LabError('bad-input', 'The checkpoint was made by another method or for another model.', {
    advice: 'Start from the beginning, or from a checkpoint of this training.',
  });
