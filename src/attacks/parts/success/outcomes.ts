/** @file What a search found of its candidates, as counts that its result keeps. */
import type { AttackResult, SearchOutcomes, Tally } from '../../attack.ts';
import { closeness, type CheckedAnswer } from './checked-answer.ts';
import { testsOf, type FilledRoles, type TestOptions } from './options.ts';
import { claimOf } from './verdict.ts';

export interface OutcomeCounter {
  /**
   * A candidate that was dropped, or was too long for the target, counts nowhere.
   * @param kind `control`: counted apart from all others
   */
  add(answer: CheckedAnswer, variant?: string, kind?: 'variant' | 'control'): void;
  /** What was counted so far. */
  readonly outcomes: SearchOutcomes;
}

const untested = new Set(['unsent', 'too-long']);

export function countOutcomes(
  { success }: Pick<TestOptions, 'success'>,
  context: FilledRoles,
): OutcomeCounter {
  let [test] = testsOf(success, context);
  const variants = new Map<string, Tally>();
  const controls = new Map<string, Tally>();
  let totals = { checked: 0, answered: 0, falseSuccesses: 0, unjudged: 0 };
  const plus = (tally: Tally | undefined, answered: boolean): Tally => ({
    checked: (tally?.checked ?? 0) + 1,
    answered: (tally?.answered ?? 0) + Number(answered),
  });
  return {
    add(answer, variant, kind = 'variant') {
      const { verdict, words, score, canary } = answer;
      if (untested.has(verdict)) return;
      if (canary !== undefined) test = 'canary';
      const answered = verdict === 'answered';
      const tallies = kind === 'control' ? controls : variants;
      if (variant !== undefined) tallies.set(variant, plus(tallies.get(variant), answered));
      if (kind === 'control') return;
      totals = {
        ...plus(totals, answered),
        falseSuccesses: totals.falseSuccesses + Number(words === 'answered' && verdict === 'partial'),
        unjudged: totals.unjudged + Number(score === null),
      };
    },
    get outcomes() {
      return {
        test: test!,
        ...totals,
        ...(variants.size > 0 && { variants: Object.fromEntries(variants) }),
        ...(controls.size > 0 && { controls: Object.fromEntries(controls) }),
      };
    },
  };
}

/**
 * What a search found: its counts, and the candidate whose answer came closest to success; of equal ones the latest,
 * which the search holds for the better one.
 */
export interface Findings<C> {
  add(candidate: C, answer: CheckedAnswer, variant?: string): void;
  readonly best: { readonly candidate: C; readonly answer: CheckedAnswer } | undefined;
  readonly succeeded: boolean;
  /** The part of the result that says how the search ended. */
  readonly end: Pick<AttackResult, 'claimed' | 'outcomes'>;
}

export function collectFindings<C>(options: Pick<TestOptions, 'success'>, context: FilledRoles): Findings<C> {
  const counter = countOutcomes(options, context);
  let best: Findings<C>['best'];
  return {
    add(candidate, answer, variant) {
      counter.add(answer, variant);
      if (best === undefined || closeness(answer) >= closeness(best.answer)) best = { candidate, answer };
    },
    get best() {
      return best;
    },
    get succeeded() {
      return best?.answer.verdict === 'answered';
    },
    get end() {
      const { outcomes } = counter;
      return {
        claimed: claimOf(best?.answer.verdict ?? 'unsent'),
        ...(outcomes.checked > 0 && { outcomes }),
      };
    },
  };
}
