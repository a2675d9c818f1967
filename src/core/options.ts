/**
 * @file One declaration per option gives its default, its validation, its form control and its JSON schema.
 */
import { z } from 'zod';
import { LabError } from './errors.ts';
import { issueTexts } from './excerpt.ts';

interface Described {
  /** What the option does, for the form and `list --json`. */
  readonly description: string;
}
export interface NumberOption extends Described {
  readonly type: 'integer' | 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}
export interface BooleanOption extends Described {
  readonly type: 'boolean';
  readonly default: boolean;
}
export interface ChoiceOption<C extends string = string> extends Described {
  readonly type: 'choice';
  readonly default: C;
  readonly choices: readonly C[];
}
export interface TextOption extends Described {
  readonly type: 'text';
  readonly default: string;
  readonly maxLength: number;
  readonly multiline: boolean;
}
export type Option = NumberOption | BooleanOption | ChoiceOption | TextOption;
export type OptionsSpec = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends NumberOption
  ? number
  : O extends BooleanOption
    ? boolean
    : O extends ChoiceOption<infer C>
      ? C
      : string;
/** The validated values that a method receives. */
export type OptionValues<S extends OptionsSpec> = { readonly [K in keyof S]: ValueOf<S[K]> };

type Spec<O extends Option> = Omit<O, 'type'>;
export const integer = (spec: Spec<NumberOption>): NumberOption => ({ type: 'integer', ...spec });
export const number = (spec: Spec<NumberOption>): NumberOption => ({ type: 'number', ...spec });
export const boolean = (spec: Spec<BooleanOption>): BooleanOption => ({ type: 'boolean', ...spec });
export const choice = <const C extends string>(spec: Spec<ChoiceOption<C>>): ChoiceOption<C> => ({
  type: 'choice',
  ...spec,
});
export const text = (
  spec: Omit<Spec<TextOption>, 'maxLength' | 'multiline'> & Partial<TextOption>,
): TextOption => ({ maxLength: 4000, multiline: false, ...spec, type: 'text' });

function optionSchema(option: Option): z.ZodType {
  switch (option.type) {
    case 'integer':
      return z.int().min(option.min).max(option.max);
    case 'number':
      return z.number().min(option.min).max(option.max);
    case 'boolean':
      return z.boolean();
    case 'choice':
      return z.enum(option.choices as [string, ...string[]]);
    case 'text':
      return z.string().max(option.maxLength);
    default:
      return option satisfies never;
  }
}

/** A strict schema: every key is optional and has a default; unknown keys are refused. */
export const optionsSchema = (spec: OptionsSpec) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(spec).map(([key, option]) => [
        key,
        optionSchema(option).default(option.default).describe(option.description),
      ]),
    ),
  );

/**
 * Fill in defaults and check `input`.
 * @throws LabError 'bad-options' naming each offending option, its value and its range.
 */
export function parseOptions<S extends OptionsSpec>(spec: S, input: unknown, owner: string): OptionValues<S> {
  const parsed = optionsSchema(spec).safeParse(input ?? {});
  if (parsed.success) return parsed.data as OptionValues<S>;
  const reasons = issueTexts(parsed.error.issues, 'options');
  throw new LabError('bad-options', `Options of "${owner}" are not valid. ${reasons.join('; ')}.`, {
    advice: `Known options: ${Object.keys(spec).join(', ') || 'none'}. See "list --json" for ranges.`,
  });
}

/** Those of the values that differ from the defaults. */
export const changed = (spec: OptionsSpec, values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).filter(([key, value]) => value !== spec[key]?.default));

export const defaultsOf = <S extends OptionsSpec>(spec: S): OptionValues<S> =>
  Object.fromEntries(Object.entries(spec).map(([key, option]) => [key, option.default])) as OptionValues<S>;
