/** @file What a plan that names a rate of false positives changes in the options of its defenses. Pure. */
import type { OptionsSpec } from '../../core/options.ts';
import type { MethodChoice, Plan } from './plan.ts';

type Rate = Plan['falsePositives'];

/**
 * Guards: their thresholds are fixed where no rate is named. Runs are named by this list, so that it stands here and not
 * in their options, which the page would have to load first.
 */
const guards: readonly string[] = ['prompt-guard', 'output-guard'];

/** What a detector has by default in a plan with this rate; nothing for other defenses. */
const ratedValues = (spec: OptionsSpec, rate: Rate): Readonly<Record<string, number>> =>
  rate === undefined || !spec['falsePositives']
    ? {}
    : // 0 takes a threshold from the calibration.
      { falsePositives: rate, ...(spec['threshold'] && { threshold: 0 }) };

/** The options of a defense with the defaults that they have in a plan with this rate. */
export function ratedSpec(spec: OptionsSpec, rate: Rate): OptionsSpec {
  const values = ratedValues(spec, rate);
  return Object.fromEntries(
    Object.entries(spec).map(([key, option]) => {
      const value = values[key];
      return [
        key,
        value !== undefined && typeof option.default === 'number' ? { ...option, default: value } : option,
      ];
    }),
  ) as OptionsSpec;
}

/** The defense with the rate of its plan and a calibrated threshold, except where its options say something else. */
export function atRate(choice: MethodChoice, spec: OptionsSpec, rate: Rate): MethodChoice {
  const values = ratedValues(spec, rate);
  return Object.keys(values).length === 0 ? choice : { ...choice, options: { ...values, ...choice.options } };
}

/** True if the rate of the plan is what has a guard calibrated, which its options alone would not. */
export const calibratesGuards = ({
  falsePositives,
  defenses,
}: Pick<Plan, 'falsePositives' | 'defenses'>): boolean =>
  falsePositives !== undefined &&
  defenses.some(({ stack }) =>
    stack.some(({ id, options }) => guards.includes(id) && options['threshold'] === undefined),
  );
