/** @file Comparisons behavior by behavior: cells beside others, and models side by side. */
import { count, mcNemar, type Outcome } from './numbers.ts';
import { by, cardsOf, cells, outcome, pairs, where, type Card, type Trial } from './trials.ts';

type Pair = readonly [own: Trial, beside: Trial];
export type Both = readonly [own: boolean, beside: boolean];

export function compared(both: readonly Both[]) {
  const onlyFirst = count(both, ([own, beside]) => own && !beside);
  const onlySecond = count(both, ([own, beside]) => beside && !own);
  const p = both.length === 0 ? null : mcNemar(onlyFirst, onlySecond);
  return { paired: both.length, onlyFirst, onlySecond, p };
}

const isDecided = (both: readonly Outcome[]): both is Both => !both.includes(null);

/** What both of a pair are decided to be. */
export const decided = (card: Card, found: readonly Pair[]) =>
  found.flatMap((pair) => {
    const both: readonly Outcome[] = pair.map((trial) => outcome(card, trial));
    return isDecided(both) ? [{ pair, both }] : [];
  });
const bothOf = (card: Card, found: readonly Pair[]) => decided(card, found).map(({ both }) => both);

/** Harmful cells, and benign requests asked plainly, with the evaluators that tell of them. */
const measured = (cards: readonly Card[], trials: readonly Trial[]) => {
  const told = (measure: string, kind: Trial['kind'], judges: readonly Card[], attack = {}) =>
    cells(where(trials, { kind, ...attack })).flatMap(({ names, own }) =>
      judges.map((card) => ({ measure, kind, card, names, own })),
    );
  const plain = { attack: 'direct-request' };
  return [
    ...told('success', 'harmful', cardsOf(cards, 'harm', 'opening')),
    ...told('over-refusal', 'benign-lookalike', cardsOf(cards, 'refusal', 'over-refusal').slice(0, 1), plain),
    ...told('utility', 'benign', cardsOf(cards, 'utility').slice(0, 1), plain),
  ];
};

/** Beside the same attack without a defense, or asking plainly. */
export const comparisons = (cards: readonly Card[], trials: readonly Trial[]) =>
  measured(cards, trials)
    .filter(({ names }) => names.defense !== 'none' || names.attack !== 'direct-request')
    .map(({ measure, kind, card, names, own }) => {
      const [attack, beside] =
        names.defense === 'none' ? ['direct-request', 'direct-request'] : [names.attack, 'none'];
      const other = where(trials, { kind, attack, model: names.model, defense: 'none' });
      return {
        ...names,
        measure,
        evaluator: card.id,
        with: beside,
        ...compared(bothOf(card, pairs(own, other))),
      };
    });

/** Whether any attack succeeds; decided by one success, or by all failures. */
const any = (outcomes: readonly Outcome[]) =>
  outcomes.includes(true) || (outcomes.includes(null) ? null : false);

/** Each model beside the first, on what both were asked. */
export function targets(cards: readonly Card[], trials: readonly Trial[]) {
  const first = trials[0]!.model;
  const later = measured(cards, trials).filter(({ names }) => names.model !== first);
  const each = later.flatMap(({ measure, kind, card, names, own }) => {
    const found = pairs(own, where(trials, { ...names, kind, model: first }));
    const { model, defense, ...attack } = names;
    const told = decided(card, found);
    const both = told.map((one) => one.both);
    const same = count(told, ({ pair: [one, other] }) => one.sent === other.sent);
    const more = measure === 'success' ? { ...attack, samePrompts: same } : {};
    return both.length === 0
      ? []
      : [{ model, defense, evaluator: card.id, card, measure, more, found, both }];
  });
  const columns = by(where(each, { measure: 'success' }), 'model', 'defense', 'evaluator', 'card');
  const together = columns
    .filter(({ own }) => own.length > 1)
    .map(({ names, own }) => {
      const asked = by(
        own.flatMap(({ found }) => found.map((pair) => ({ pair, asked: pair[0].asked }))),
        'asked',
      );
      const outcomes = asked.map(({ own: same }): readonly Outcome[] =>
        ([0, 1] as const).map((i) => any(same.map(({ pair }) => outcome(names.card, pair[i])))),
      );
      return { ...names, measure: 'any attack', more: {}, both: outcomes.filter(isDecided) };
    });
  return [...each, ...together].map(({ model, defense, evaluator, measure, more, both }) => ({
    ...{ model, beside: first, defense, evaluator, measure, ...more, ...compared(both) },
    both: count(both, ([own, other]) => own && other),
  }));
}
