/** @file A method as a form edits it. Pure. */
import type { DefenseCard } from '../../lab/plan/catalogue.ts';
import type { MethodChoice } from '../../lab/plan/plan.ts';
import { type MethodCard, grants, type Access } from '../../core/method.ts';
import type { Option, OptionsSpec } from '../../core/options.ts';

export type OptionInput = Readonly<Record<string, unknown>>;

/** Only what differs from the defaults, so that a saved plan stays short and follows new defaults. */
export const withoutDefaults = (spec: OptionsSpec, values: OptionInput): OptionInput =>
  Object.fromEntries(
    Object.entries(values).filter(([key, value]) => Object.hasOwn(spec, key) && value !== spec[key]?.default),
  );

/** `{ id }`, with options where they differ from the defaults. */
export function choiceOf(card: MethodCard, values: OptionInput): MethodChoice {
  const options = withoutDefaults(card.options, values);
  return Object.keys(options).length > 0 ? { id: card.id, options } : { id: card.id };
}

/** Of values that come from outside, those that a form can show: of the type of their option, and one of its choices. */
export const fitting = (spec: OptionsSpec, values: OptionInput): OptionInput =>
  Object.fromEntries(
    Object.entries(values).filter(([key, value]) => {
      const option = Object.hasOwn(spec, key) ? spec[key] : undefined;
      if (option?.type === 'choice') return option.choices.some((choice) => choice === value);
      return option !== undefined && typeof value === typeof option.default;
    }),
  );

/** Why a value does not fit its option, in words for the form, or `null`. */
export function complaint(option: Option, value: unknown): string | null {
  switch (option.type) {
    case 'integer':
    case 'number':
      if (typeof value !== 'number' || Number.isNaN(value)) return 'Enter a number.';
      if (option.type === 'integer' && !Number.isInteger(value)) return 'Enter a whole number.';
      if (value < option.min || value > option.max) return `Between ${option.min} and ${option.max}.`;
      return null;
    case 'text':
      return typeof value === 'string' && value.length <= option.maxLength
        ? null
        : `At most ${option.maxLength} characters.`;
    case 'boolean':
    case 'choice':
      return null;
    default:
      return option satisfies never;
  }
}

export const isValid = (spec: OptionsSpec, values: OptionInput): boolean =>
  Object.entries(values).every(([key, value]) => !spec[key] || complaint(spec[key], value) === null);

const accessWords: Readonly<Record<Access, string>> = {
  'black-box': 'text only',
  'grey-box': 'token probabilities',
  'white-box': 'gradients',
};

/** Why a method cannot run on a model of this access, or `null` when it can. */
export const obstacle = (card: MethodCard, offered: Access): string | null =>
  grants(offered, card.access)
    ? null
    : `Needs ${accessWords[card.access]}; this model offers ${accessWords[offered]}.`;

/**
 * Why defenses cannot stand together in this order, or `null` when they can: at decoding, only the first one reaches
 * the model itself, and those after it see no more than its text.
 */
export function stackObstacle(cards: readonly DefenseCard[], offered: Access): string | null {
  for (const card of cards) {
    const why = obstacle(card, offered);
    if (why !== null) return `${card.title}: ${why}`;
  }
  const [first, ...later] = cards.filter(({ stage }) => stage === 'decoding');
  const behind = later.find(({ access }) => access !== 'black-box');
  if (!first || !behind) return null;
  return first.access === 'black-box'
    ? `${behind.title} has to stand before ${first.title}, because it reaches into the decoding.`
    : `${first.title} and ${behind.title} both reach into the decoding; only one can.`;
}
