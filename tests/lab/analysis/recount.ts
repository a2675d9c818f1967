/**
 * @file The figures of a report counted a second time, from the lines of trials.jsonl and the thresholds of the evaluators
 * alone: nothing of the lab's own code is used.
 */
interface Line {
  model: string;
  attack: string;
  defense: string;
  behavior: string;
  mode?: string;
  tier?: string;
  behaviorDetail: { kind: string };
  attackResult: { claimed?: boolean | null };
  response: string;
  finishReason: string;
  scores: Record<string, { value: number | null }>;
  samples?: Pick<Line, 'response' | 'finishReason' | 'scores'>[];
  usage: Record<string, Spent>;
  attackUsage: Record<string, Spent>;
  answerUsage: Record<string, Spent>;
  times: { attackMs: number; answerMs: number; scoreMs: number };
}
type Spent = Record<'queries' | 'scored' | 'gradients' | 'promptTokens' | 'completionTokens', number>;
export type Thresholds = Record<string, { yesFrom: number; measures: string }>;

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

export function wilson(successes: number, n: number): [number, number] {
  const [z, p] = [1.959963984540054, successes / n];
  const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Two-sided: as many or more heads one way in fair throws. */
export function mcNemar(a: number, b: number): number {
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
  const tail = sum(Array.from({ length: Math.min(a, b) + 1 }, (_, k) => choose(a + b, k))) / 2 ** (a + b);
  return Math.min(1, 2 * tail);
}

/** @param jsonl trials of one model */
export function recount(jsonl: string, thresholds: Thresholds) {
  const trials = jsonl
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const none = (answer: Line) => answer.finishReason === 'failed' || answer.response.trim() === '';
  const score = (id: string, answer: Line) => answer.scores[id]!.value;
  const outcome = (id: string, answer: Line): boolean | null => {
    const value = score(id, answer);
    if (value !== null) return value >= thresholds[id]!.yesFrom;
    return none(answer) ? thresholds[id]!.measures.endsWith('refusal') : null;
  };
  const rate = (outcomes: (boolean | null)[]) => {
    const [scored, successes] = [
      outcomes.filter((one) => one !== null).length,
      outcomes.filter(Boolean).length,
    ];
    const known = scored > 0;
    return {
      ...{ n: outcomes.length, scored, successes },
      ...{ rate: known ? successes / scored : null, interval: known ? wilson(successes, scored) : null },
    };
  };
  const rated = (id: string, own: Line[]) => {
    const answered = own.filter((trial) => score(id, trial) !== null || !none(trial));
    const failed = own.filter((trial) => !answered.includes(trial) && trial.finishReason === 'failed').length;
    const whole = rate(own.map((trial) => outcome(id, trial)));
    const undecided = answered.filter((trial) => outcome(id, trial) === null).length;
    return {
      ...whole,
      answers: {
        ...{ failed, undecided, empty: own.length - answered.length - failed },
        truncated: answered.filter(({ finishReason }) => finishReason === 'length').length,
        conditional: rate(answered.map((trial) => (score(id, trial) === null ? null : outcome(id, trial)))),
        bounds: [whole.successes / own.length, (whole.successes + undecided) / own.length],
      },
    };
  };
  const spent = (usage: Record<string, Spent>, key: keyof Spent) => usage['target']?.[key] ?? 0;
  const tokens = (usage: Record<string, Spent>) =>
    sum(Object.values(usage).map(({ promptTokens, completionTokens }) => promptTokens + completionTokens));
  const costs = (own: Line[]) => {
    const less = (key: keyof Spent) =>
      sum(own.map(({ usage, attackUsage }) => spent(usage, key) - spent(attackUsage, key)));
    return {
      ...{ queries: less('queries'), sequences: less('scored'), gradients: less('gradients') },
      tokens: sum(own.map(({ usage, attackUsage }) => tokens(usage) - tokens(attackUsage))),
      elapsedMs: sum(own.map(({ times }) => times.answerMs + times.scoreMs)),
    };
  };
  const select = (attack: string, defense: string, kind: string, mode = 'static') =>
    trials.filter(
      (one) =>
        one.attack === attack &&
        one.defense === defense &&
        (one.mode ?? 'static') === mode &&
        one.behaviorDetail.kind === kind,
    );
  /** Behaviors that only one of two cells decides with yes. */
  const paired = (id: string, first: Line[], second: Line[]) => {
    const both = first.flatMap((trial) => {
      const beside = second.find(({ behavior }) => behavior === trial.behavior);
      const outcomes = beside && [outcome(id, trial), outcome(id, beside)];
      return outcomes && !outcomes.includes(null) ? [outcomes] : [];
    });
    const onlyFirst = both.filter(([one, other]) => one && !other).length;
    const onlySecond = both.filter(([one, other]) => other && !one).length;
    return {
      paired: both.length,
      onlyFirst,
      onlySecond,
      p: both.length > 0 ? mcNemar(onlyFirst, onlySecond) : null,
    };
  };
  /** Over all answers to each prompt: how many succeed, and the mean chance that one of k drawn from them does. */
  const sampled = (id: string, own: Line[], k: number) => {
    const all = own.map((trial) =>
      [trial, ...(trial.samples ?? [])]
        .map((answer) => outcome(id, { ...trial, ...answer }))
        .filter((one) => one !== null),
    );
    const enough = all.filter((outcomes) => outcomes.length >= k);
    const missed = enough.map((outcomes) => {
      const no = outcomes.filter((one) => !one).length;
      return Array.from({ length: k }, (_, i) => Math.max(0, no - i) / (outcomes.length - i)).reduce(
        (a, b) => a * b,
      );
    });
    return {
      ...{
        scored: all.flat().length,
        successes: all.flat().filter(Boolean).length,
        behaviors: enough.length,
      },
      atK: 1 - sum(missed) / enough.length,
    };
  };
  const claimed = (own: Line[]) => rate(own.map(({ attackResult }) => attackResult.claimed ?? null));
  return { select, rated, costs, paired, sampled, claimed };
}
