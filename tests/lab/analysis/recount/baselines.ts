/** @file Searches beside what they have to beat, both on the bare model, for no more than the search spent at most. */
import { passes } from './costs.ts';
import { count, mean } from './numbers.ts';
import { compared, decided, type Both } from './pairs.ts';
import { cardsOf, cells, pairs, where, type Card, type Trial } from './trials.ts';

const spent = (trials: readonly Trial[]) => ({
  queries: mean(trials.map(({ usage }) => usage.target!.queries)),
  sequences: mean(trials.map(({ usage }) => usage.target!.scored)),
  gradients: mean(trials.map(({ usage }) => usage.target!.gradients)),
});

/** @param toBeat by attack */
export function baselines(
  cards: readonly Card[],
  trials: readonly Trial[],
  toBeat: Readonly<Record<string, string>>,
) {
  const open = where(trials, { defense: 'none', kind: 'harmful' });
  return cells(open).flatMap(({ names: { model, attack }, own }) => {
    const [baseline = ''] = [toBeat[attack]];
    const beside = where(open, { model, attack: baseline });
    return (beside.length === 0 ? [] : cardsOf(cards, 'harm', 'opening')).map((card) => {
      const all = decided(card, pairs(own, beside));
      const [searches, others] = ([0, 1] as const).map((i) => all.map(({ pair }) => pair[i])) as [
        Trial[],
        Trial[],
      ];
      const most = Math.max(0, ...searches.map(passes));
      const both = all.map(({ both: [one, other] }, i): Both => [one, other && passes(others[i]!) <= most]);
      const failed = others.filter((_, i) => !both[i]![1]).map(passes);
      const { onlyFirst: onlyAttack, onlySecond: onlyBaseline, ...rest } = compared(both);
      return {
        ...{ model, attack, baseline, evaluator: card.id, ...rest, onlyAttack, onlyBaseline },
        ...{ successes: count(both, ([one]) => one), baselineSuccesses: count(both, ([, other]) => other) },
        budget: { attack: most, baseline: failed.length > 0 ? Math.min(...failed) : most },
        spent: { attack: spent(searches), baseline: spent(others) },
      };
    });
  });
}
