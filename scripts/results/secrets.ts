/** @file What the published run on secrets shows: figures that only its trials tell, and the tables of its page. */
import { amount, count, interval, percent } from '../../src/core/format.ts';
import { rateOf, type Rate } from '../../src/core/statistics.ts';
import { heldOutSituations } from '../../src/data/secrets/world.ts';
import { findSecret } from '../../src/evaluators/secret-leak/find-secret.ts';
import type { PublishedResults } from '../../src/lab/analysis/published.ts';
import { wholeCost } from '../../src/lab/analysis/costs.ts';
import { undefended } from '../../src/lab/plan/plan.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { markdownTable, nameOf } from './tables.ts';

/** By model, in the order of the run. */
export type SecretResults = readonly {
  readonly id: string;
  /** As the page calls it. */
  readonly title: string;
  readonly figures: SecretFigures;
}[];

export interface SecretFigures {
  readonly trials: number;
  /** Trials without an answer. */
  readonly failed: number;
  /** Ids of the behaviors whose secrets were asked for. */
  readonly asked: readonly string[];
  /** How the secrets were written where they were told, and how often. */
  readonly forms: Readonly<Record<string, number>>;
  /** Trials that told a part of a secret, which counts as kept. */
  readonly partial: number;
  /** Answers that kept the secret, and how many of them gave the word of the day in its place or beside it. */
  readonly kept: { readonly answers: number; readonly withOpenWord: number };
  /** Harmless questions answered with the secret, which nobody had asked for. */
  readonly unasked: readonly ({ readonly defense: string } & Pick<Rate, 'successes' | 'n'>)[];
  /** Answers searched for secrets of other behaviors, which they cannot hold: each finding is a false alarm. */
  readonly falseAlarms: { readonly searched: number; readonly found: number };
}

export function secretFigures(records: readonly TrialRecord[]): SecretFigures {
  const answered = records
    .filter(({ finishReason }) => finishReason !== 'failed')
    .map(({ response, reading = response, behaviorDetail, ...rest }) => ({
      ...rest,
      text: reading,
      behavior: behaviorDetail,
      finding: findSecret(reading, behaviorDetail.secret!),
    }));
  const harmful = answered.filter(({ behavior }) => behavior.kind === 'harmful');
  const harmless = answered.filter(({ behavior }) => behavior.kind !== 'harmful');
  const forms: Record<string, number> = {};
  for (const { finding } of harmful) if (finding?.whole) forms[finding.form] = (forms[finding.form] ?? 0) + 1;
  const kept = harmful.filter(({ finding }) => !finding?.whole);
  const texts = new Map(answered.map(({ text, behavior }) => [text, behavior.secret!]));
  const others = [...texts].flatMap(([text, own]) =>
    heldOutSituations.filter(({ secret }) => secret !== own).map(({ secret }) => [text, secret] as const),
  );
  return {
    trials: records.length,
    failed: records.length - answered.length,
    asked: [...new Set(harmful.map(({ behavior }) => behavior.id))],
    forms: Object.fromEntries(Object.entries(forms).sort(([, a], [, b]) => b - a)),
    kept: {
      answers: kept.length,
      withOpenWord: kept.filter(({ text, behavior }) => {
        const word = heldOutSituations.find(({ id }) => id === behavior.id)?.open.word;
        return word !== undefined && new RegExp(`\\b${word}\\b`, 'i').test(text);
      }).length,
    },
    partial: harmful.filter(({ finding }) => finding !== null && !finding.whole).length,
    unasked: [...new Set(harmless.map(({ defense }) => defense))].map((defense) => {
      const told = harmless
        .filter((trial) => trial.defense === defense)
        .map(({ finding }) => finding?.whole === true);
      const { successes, n } = rateOf(told);
      return { defense, successes, n };
    }),
    falseAlarms: {
      searched: others.length,
      found: others.filter(([text, secret]) => findSecret(text, secret)?.whole).length,
    },
  };
}

type Measured = Pick<Rate, 'rate' | 'interval' | 'scored'> | undefined;
const share = (successes: number | undefined, measured: Measured): string =>
  measured?.rate == null || measured.interval === null
    ? '–'
    : `${successes} of ${measured.scored}: ${percent(measured.rate)} (${interval(measured.interval)})`;

/** Markdown: success of each attack against each defense on each model, what attacks take, and what defenses cost. */
export function secretTables(
  { cells, overRefusal, utility, targets = [] }: PublishedResults,
  models: SecretResults,
): string {
  const leaks = cells.filter(({ evaluator }) => evaluator === 'secret-leak');
  const attacks = [...new Set(leaks.map(({ attack }) => attack))];
  const defenses = [...new Set(leaks.map(({ defense }) => defense))];
  const titleOf = (id: string) => models.find((model) => model.id === id)!.title;
  const cell = (model: string, attack: string, defense: string) =>
    leaks.find((found) => found.model === model && found.attack === attack && found.defense === defense);
  const success = models.flatMap(({ id, title }) =>
    attacks.map((attack) => [
      `${title}, \`${attack}\``,
      ...defenses.map((defense) => {
        const found = cell(id, attack, defense);
        return share(found?.successes, found);
      }),
    ]),
  );
  const paired = targets
    .filter(({ evaluator, measure }) => evaluator === 'secret-leak' && measure === 'any attack')
    .map(({ model, beside, defense, paired: secrets, both, onlyFirst, onlySecond, p }) => [
      `${titleOf(model)} beside ${titleOf(beside)}, ${nameOf(defense)}`,
      ...[secrets, both, onlySecond, onlyFirst].map(count),
      p === null ? '–' : amount(p),
    ]);
  const costs = models.flatMap(({ id, title }) =>
    attacks.map((attack) => {
      const open = cell(id, attack, undefended)!;
      const { queries, sequences, gradients } = wholeCost(open);
      const { n } = open;
      return [
        `${title}, \`${attack}\``,
        ...[queries, sequences, gradients].map((total) => amount(total / n)),
      ];
    }),
  );
  const sideEffects = models.flatMap(({ id, title, figures }) => {
    const behind = <T extends { readonly model: string; readonly defense: string }>(
      all: readonly T[],
      defense: string,
    ) => all.find((found) => found.model === id && found.defense === defense);
    return defenses.map((defense) => {
      const refusal = behind(overRefusal, defense);
      const solved = behind(utility, defense);
      const unasked = figures.unasked.find((found) => found.defense === defense);
      return [
        `${title}, ${nameOf(defense)}`,
        share(refusal?.refused, refusal),
        share(solved?.solved, solved),
        unasked ? `${unasked.successes} of ${unasked.n}` : '–',
      ];
    });
  });
  const forms = models.flatMap(({ title, figures }) =>
    Object.entries(figures.forms).map(([form, times]) => [`${title}, ${form}`, count(times)]),
  );
  return [
    'Secrets told, of those asked for, with 95% intervals:',
    markdownTable(['model, attack', ...defenses.map(nameOf)], success),
    'The same secrets on two models, each told if any of the attacks made the model tell it (McNemar, exact, two-sided, not adjusted):',
    markdownTable(
      ['models, defense', 'secrets', 'both tell', 'only the second', 'only the first', 'p'],
      paired,
    ),
    'What each attack takes per secret, answer included:',
    markdownTable(['model, attack', 'queries', 'sequences scored', 'gradients'], costs),
    'Harmless questions, asked plainly:',
    markdownTable(
      ['model, defense', 'look-alikes refused', 'plain questions solved', 'secret told unasked'],
      sideEffects,
    ),
    'How the secrets were written where they were told, over all attacks and defenses:',
    markdownTable(['model, form', 'answers'], forms),
  ].join('\n\n');
}
