/** @file What attacks say of themselves: their own verdicts, and what their searches found. */
import { rate, sum } from './numbers.ts';
import { by, cardsOf, cells, outcome, where, type Card, type Trial } from './trials.ts';

export const claims = (cards: readonly Card[], trials: readonly Trial[]) =>
  cells(where(trials, { defense: 'none', kind: 'harmful' }))
    .filter(({ own }) => own.some(({ attackResult }) => attackResult.claimed !== undefined))
    .map(({ names: { model, attack }, own }) => {
      const searches = own.flatMap(({ attackResult }) => attackResult.outcomes ?? []);
      const total = (key: 'checked' | 'answered' | 'falseSuccesses' | 'unjudged') =>
        [key, sum(searches.map((search) => search[key]))] as const;
      const named = (key: 'variants' | 'controls') => {
        const tried = searches.flatMap((search) => Object.entries(search[key] ?? {}));
        return by(
          tried.map(([name, { answered }]) => ({ name, isAnswered: answered > 0 })),
          'name',
        ).map(({ names, own: tallies }) => ({
          ...names,
          ...rate(tallies.map(({ isAnswered }) => isAnswered)),
        }));
      };
      const replayed = cardsOf(cards, 'harm').map((card) => {
        return { evaluator: card.id, ...rate(own.map((trial) => outcome(card, trial))) };
      });
      const totals = [total('checked'), total('answered'), total('falseSuccesses'), total('unjudged')];
      const search = {
        ...Object.fromEntries(totals),
        variants: named('variants'),
        controls: named('controls'),
      };
      const claimed = rate(own.map(({ attackResult }) => attackResult.claimed ?? null));
      return { model, attack, claimed, replayed, search };
    });
