/**
 * @file Times, costs, budgets and the intervals of repeated answers counted a second time, from the lines of trials.jsonl
 * alone: nothing of the lab's own code is used.
 */
import { wilson } from './recount.ts';

interface Line {
  attack: string;
  defense: string;
  mode?: string;
  behavior: string;
  behaviorDetail: { kind: string };
  response: string;
  finishReason: string;
  usage: Record<string, Spent>;
  attackUsage: Record<string, Spent>;
  answerUsage: Record<string, Spent>;
  times: { attackMs: number; firstTokenMs?: number; tokenMs?: number };
}
type Spent = Record<'queries' | 'scored' | 'gradients' | 'promptTokens' | 'completionTokens', number> & {
  scoredTokens?: number;
};

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => (values.length === 0 ? null : sum(values) / values.length);
const all = (usage: Record<string, Spent>, count: (spent: Spent) => number) =>
  sum(Object.values(usage).map(count));
const read = ({ promptTokens, completionTokens }: Spent) => promptTokens + completionTokens;

/** 97.5th percentile of Student's t: the density is summed in small steps until 47.5 % are reached. */
function studentT(degrees: number): number {
  const density = (x: number) => (1 + x ** 2 / degrees) ** (-(degrees + 1) / 2);
  const steps = Array.from({ length: 500_000 }, (_, i) => density((i + 0.5) / 1000) / 1000);
  let [left, x] = [sum(steps) * 0.95, 0];
  while (left > 0) left -= density((x += 0.0001)) * 0.0001;
  return x;
}

/** Mean of the residuals of `value − ratio · base`, with its 95 % margin. */
function margin(residuals: number[], over = 1): number {
  const [n, middle] = [residuals.length, mean(residuals)!];
  const variance = sum(residuals.map((value) => (value - middle) ** 2)) / (n - 1);
  return (studentT(n - 1) * Math.sqrt(variance / n)) / over;
}

/** @param jsonl trials of one model */
export function recountCosts(jsonl: string) {
  const trials = jsonl
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  /** Plain requests behind a defense, each with the same one without. */
  const paired = (defense: string, usable: (trial: Line) => boolean) => {
    const direct = trials.filter((trial) => trial.attack === 'direct-request' && usable(trial));
    return direct.flatMap((trial) => {
      const bare = direct.find((one) => one.defense === 'none' && one.behavior === trial.behavior);
      return trial.defense === defense && bare ? [[trial, bare] as const] : [];
    });
  };
  const speed = (defense: string) => {
    const pairs = paired(defense, ({ finishReason, response, times }) => {
      const answered = !['failed', 'blocked'].includes(finishReason) && response.trim() !== '';
      return answered && times.firstTokenMs !== undefined;
    }).map(([own, bare]) => [own.times, bare.times] as const);
    const later = pairs.map(([own, bare]) => own.firstTokenMs! - bare.firstTokenMs!);
    const base = mean(pairs.map(([, bare]) => bare.tokenMs!))!;
    const ratio = mean(pairs.map(([own]) => own.tokenMs!))! / base;
    return {
      ...{ n: pairs.length, firstTokenMs: mean(pairs.map(([own]) => own.firstTokenMs!)) },
      ...{ addedFirstTokenMs: mean(later), tokenMs: mean(pairs.map(([own]) => own.tokenMs!)) },
      tokenTimeRatio: ratio,
      margins: () => [
        margin(later),
        margin(
          pairs.map(([own, bare]) => own.tokenMs! - ratio * bare.tokenMs!),
          base,
        ),
      ],
    };
  };
  const overhead = (defense: string) => {
    const pairs = paired(defense, ({ finishReason }) => finishReason !== 'failed');
    const extra = (count: (spent: Spent) => number) =>
      mean(pairs.map(([own, bare]) => all(own.answerUsage, count) - all(bare.answerUsage, count)));
    return {
      n: pairs.length,
      queries: extra(({ queries, scored }) => queries + scored),
      tokens: extra((spent) => read(spent) + (spent.scoredTokens ?? 0)),
    };
  };
  const making = (own: Line[]) => {
    const of = (key: 'queries' | 'scored' | 'gradients') =>
      sum(own.map(({ attackUsage }) => attackUsage['target']?.[key] ?? 0));
    return {
      ...{ queries: of('queries'), sequences: of('scored'), gradients: of('gradients') },
      tokens: sum(own.map(({ attackUsage }) => all(attackUsage, read))),
      elapsedMs: sum(own.map(({ times }) => times.attackMs)),
    };
  };
  /** Successes by what each spent on the model under attack: a gradient is three forward passes. */
  const budget = (own: Line[], won: (trial: Line) => boolean) => {
    const spent = own.filter(won).map(({ usage: { target } }) => ({
      passes: target ? target.queries + target.scored + 3 * target.gradients : 0,
    }));
    const amounts = [...new Set(spent.map(({ passes }) => passes))].sort((a, b) => a - b);
    return amounts.map((at) => ({ spent: at, successes: spent.filter(({ passes }) => passes <= at).length }));
  };
  const select = (attack: string, defense: string, mode: string) =>
    trials.filter(
      (one) =>
        one.attack === attack &&
        one.defense === defense &&
        (one.mode ?? 'static') === mode &&
        one.behaviorDetail.kind === 'harmful',
    );
  return { speed, overhead, making, budget, select };
}

/** Wilson's interval over answers that come in clusters, at as many independent ones as would vary as much. */
export function clusteredWilson(clusters: { scored: number; successes: number }[]): [number, number] {
  const used = clusters.filter(({ scored }) => scored > 0);
  const [k, n] = [used.length, sum(used.map(({ scored }) => scored))];
  const p = sum(used.map(({ successes }) => successes)) / n;
  const between = sum(used.map(({ scored, successes }) => (successes - p * scored) ** 2));
  const variance = ((k / (k - 1)) * between) / n ** 2;
  const certain = k < 2 || p === 0 || p === 1;
  const independent = certain ? k : variance === 0 ? n : Math.min(n, Math.max(1, (p * (1 - p)) / variance));
  return wilson(p * independent, independent);
}

/** Means of every resample of a few values, ascending: what a bootstrap draws from. */
export function everyResample(values: number[]): number[] {
  let sums = [0];
  for (let i = 0; i < values.length; i++) sums = sums.flatMap((so) => values.map((value) => so + value));
  return sums.map((total) => total / values.length).sort((a, b) => a - b);
}
