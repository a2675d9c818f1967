/**
 * @file The figures of a summary and of its report counted a second time, from trials.jsonl alone. Besides it a count takes
 * only settings: what evaluators measure, the wanted rate of detectors, and which attack each search has to beat.
 */
import { baselines } from './baselines.ts';
import { claims } from './claims.ts';
import { corrected } from './corrected.ts';
import { costs, elapsed, isMadeHere, overhead, speed } from './costs.ts';
import { detectors } from './detectors.ts';
import { agreement, evaluators } from './evaluators.ts';
import { count } from './numbers.ts';
import { agreements, outputs } from './outputs.ts';
import { comparisons, targets } from './pairs.ts';
import { attackedUtility, benign, budget, rated, samples } from './rates.ts';
import { tables } from './tables.ts';
import { by, cardsOf, cells, readTrials, where, type Card } from './trials.ts';

export interface Settings {
  readonly cards: readonly Card[];
  readonly wantedRate: number;
  readonly toBeat: Readonly<Record<string, string>>;
}

const optional = (name: string, value: unknown) => (value ? { [name]: value } : {});

export function recount(jsonl: string, { cards, wantedRate, toBeat }: Settings) {
  const trials = readTrials(jsonl);
  const checks = evaluators(cards, trials);
  const judged = cells(where(trials, { kind: 'harmful' })).flatMap(({ names, own }) =>
    cardsOf(cards, 'harm', 'opening').map((card) => ({ own, card, names: { ...names, evaluator: card.id } })),
  );
  const all = judged.map(({ own, card, names }) => ({
    ...{
      ...names,
      ...rated(card, own),
      ...costs(own),
      ...optional('corrected', corrected(card, own, checks)),
    },
    ...optional(
      'endedByBudget',
      count(own, ({ attackResult }) => attackResult.endedBy === 'budget'),
    ),
  }));
  // Of two modes the worse stands for both, the adaptive one of equals.
  const headlines = by(all, 'model', 'attack', 'defense', 'evaluator').map(({ own }) =>
    own.reduce((worst, cell) => ((cell.rate ?? -1) >= (worst.rate ?? -1) ? cell : worst)),
  );
  const [[refusal], [utility]] = [cardsOf(cards, 'refusal', 'over-refusal'), cardsOf(cards, 'utility')];
  const compared = { comparisons: comparisons(cards, trials), targets: targets(cards, trials) };
  return {
    ...{ elapsedMs: elapsed(trials), speed: speed(trials), overhead: overhead(trials), evaluators: checks },
    cells: all.map((cell) => (headlines.includes(cell) ? cell : { ...cell, headline: false })),
    overRefusal: benign(refusal!, 'benign-lookalike', trials, 'refused'),
    utility: benign(utility!, 'benign', trials, 'solved'),
    attackedUtility: attackedUtility(utility!, trials),
    ...{ claims: claims(cards, trials), baselines: baselines(cards, trials, toBeat), ...compared },
    tables: tables(all, compared.comparisons, compared.targets),
    integrity: { outputs: outputs(cards, trials), agreement: agreements(cards, trials) },
    budgets: judged.flatMap(({ own, card, names }) =>
      isMadeHere(own) ? [{ ...names, ...budget(card, own) }] : [],
    ),
    samples: judged.map(({ own, card, names }) => ({ ...names, ...samples(card, own) })),
    ...{ detectors: detectors(trials, wantedRate), agreement: agreement(cards, trials) },
  };
}
