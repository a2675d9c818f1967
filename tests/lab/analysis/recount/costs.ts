/** @file Calls, tokens and times: sums over trials, and what a defense adds to the same requests. */
import type { Usage, UsageByRole } from '../../../../src/lab/records/usage.ts';
import { mean, sum, tInterval } from './numbers.ts';
import { by, pairs, where, type Trial } from './trials.ts';

/** A gradient is worth three forward passes. */
export const passes = ({ usage: { target } }: Trial) =>
  target ? target.queries + target.scored + 3 * target.gradients : 0;

const total = (usage: UsageByRole, of: (spent: Usage) => number) => sum(Object.values(usage).map(of));
const read = ({ promptTokens, completionTokens }: Usage) => promptTokens! + completionTokens!;
export const tokens = (usage: UsageByRole) => total(usage, read);

const allMs = ({ times }: Trial) => times.attackMs + times.answerMs + times.scoreMs;
export const elapsed = (trials: readonly Trial[]) => sum(trials.map(allMs));

const costsOf = (spent: readonly UsageByRole[], elapsedMs: number) => ({
  queries: sum(spent.map(({ target }) => target?.queries ?? 0)),
  sequences: sum(spent.map(({ target }) => target?.scored ?? 0)),
  gradients: sum(spent.map(({ target }) => target?.gradients ?? 0)),
  ...{ tokens: sum(spent.map(tokens)), elapsedMs },
});

export const isMadeHere = ([trial]: readonly Trial[]) =>
  trial!.defense === 'none' || trial!.mode === 'adaptive';

/** Of answers and verdicts, and apart from them what making the attacks took, where they were made. */
export function costs(trials: readonly Trial[]) {
  const whole = costsOf(
    trials.map(({ usage }) => usage),
    elapsed(trials),
  );
  const making = costsOf(
    trials.map(({ attackUsage }) => attackUsage),
    sum(trials.map(({ times }) => times.attackMs)),
  );
  const less = (key: keyof typeof whole) => whole[key] - making[key];
  const calls = { queries: less('queries'), sequences: less('sequences'), gradients: less('gradients') };
  return {
    ...calls,
    tokens: less('tokens'),
    elapsedMs: less('elapsedMs'),
    ...(isMadeHere(trials) && { making }),
  };
}

/** Plain requests behind each defense, with the same one without. */
const direct = (trials: readonly Trial[], isUsable: (trial: Trial) => boolean) => {
  const usable = where(trials, { attack: 'direct-request' }).filter(isUsable);
  return by(usable, 'model', 'defense').map(({ names, own }) => ({
    ...{ names, own },
    both: pairs(own, where(usable, { model: names.model, defense: 'none' })),
  }));
};

const isTimed = ({ isNone, finishReason, times }: Trial) =>
  !isNone && finishReason !== 'blocked' && times.firstTokenMs !== undefined;

/** Times of two engines are not compared. */
export const speed = (trials: readonly Trial[]) =>
  direct(trials, isTimed).map(({ names, own, both }) => {
    const otherEngine = names.defense !== 'none' && own.some((trial) => trial.otherEngine);
    const kept = otherEngine ? own.map((trial) => [trial, trial] as const) : both;
    const of = (key: 'firstTokenMs' | 'tokenMs', i: 0 | 1) => kept.map((pair) => pair[i].times[key]!);
    const later = of('firstTokenMs', 0).map((ms, i) => ms - of('firstTokenMs', 1)[i]!);
    const [tokenMs, base] = [mean(of('tokenMs', 0))!, mean(of('tokenMs', 1))!];
    const residuals = of('tokenMs', 0).map((ms, i) => ms - (tokenMs / base) * of('tokenMs', 1)[i]!);
    const [isCompared, hasInterval] = [!otherEngine, !otherEngine && names.defense !== 'none'];
    return {
      ...{
        ...names,
        n: kept.length,
        ...(otherEngine && { otherEngine }),
        tokenMs,
        firstTokenMs: mean(of('firstTokenMs', 0)),
      },
      ...{
        addedFirstTokenMs: isCompared ? mean(later) : null,
        tokenTimeRatio: isCompared ? tokenMs / base : null,
      },
      addedFirstTokenInterval: hasInterval ? tInterval(mean(later)!, later) : null,
      tokenTimeRatioInterval: hasInterval ? tInterval(tokenMs / base, residuals, base) : null,
    };
  });

export const overhead = (trials: readonly Trial[]) =>
  direct(trials, ({ finishReason }) => finishReason !== 'failed').map(({ names, both }) => {
    const extra = (of: (spent: Usage) => number) => {
      const added = both.map(([own, bare]) => total(own.answerUsage!, of) - total(bare.answerUsage!, of));
      return { value: mean(added), interval: tInterval(mean(added)!, added) };
    };
    const queries = extra(({ queries, scored }) => queries + scored);
    return {
      ...names,
      n: both.length,
      queries,
      tokens: extra((spent) => read(spent) + (spent.scoredTokens ?? 0)),
    };
  });
