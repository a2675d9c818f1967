/** @file Methods with their settings, ready for use: each consults the models that it was given itself. */
import type { Attack } from '../attacks/attack.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import type { Artifact, Defense } from '../defenses/defense.ts';
import type { Evaluator } from '../evaluators/evaluator.ts';
import { readSettings, type OwnModels, type SettingsArguments, type StatedMethod } from './settings.ts';

export interface ConfiguredDefense {
  readonly defense: Defense;
  readonly options: OptionValues<OptionsSpec>;
  /** What it learned about its model (`learned`), as plain data to store and to give again. */
  readonly artifact?: Artifact | undefined;
}

export interface ConfiguredAttack {
  readonly method: Attack;
  readonly options: OptionValues<OptionsSpec>;
  readonly models: OwnModels;
}

export interface ConfiguredEvaluator {
  readonly method: Evaluator;
  readonly options: OptionValues<OptionsSpec>;
}

/** What a defense that learns has learned before. */
export interface Learned {
  readonly artifact?: Artifact;
}

/** A constructor of the defense. */
export const defense =
  <M extends Defense & StatedMethod>(method: M) =>
  (...[settings]: SettingsArguments<M, Learned>): ConfiguredDefense => {
    const { artifact, ...rest } = (settings ?? {}) as Learned;
    const { options, models } = readSettings(method, rest);
    const bound: Defense = {
      ...method,
      wrap: (model, values, context) => method.wrap(model, values, { ...context, ...models }),
      ...(method.prepare && {
        prepare: (model, contrast, values, context) =>
          method.prepare!(model, contrast, values, { ...context, ...models }),
      }),
      ...(method.view && {
        view: (model, values, context) => method.view!(model, values, { ...context, ...models }),
      }),
    };
    return { defense: bound, options, ...(artifact && { artifact }) };
  };

/** A constructor of the attack. */
export const attackMethod =
  <M extends Attack & StatedMethod>(method: M) =>
  (...[settings]: SettingsArguments<M>): ConfiguredAttack => ({
    method,
    ...readSettings(method, settings),
  });

/** A constructor of the evaluator. */
export const evaluator =
  <M extends Evaluator & StatedMethod>(method: M) =>
  (...[settings]: SettingsArguments<M>): ConfiguredEvaluator => {
    const { options, models } = readSettings(method, settings);
    return {
      method: {
        ...method,
        score: (answer, values, context) => method.score(answer, values, { ...context, ...models }),
      },
      options,
    };
  };
