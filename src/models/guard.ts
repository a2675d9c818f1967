/** @file Text classifiers as guards: which classes count as harm, and how long texts are read. */
import { LabError } from '../core/errors.ts';
import { integer, number, text } from '../core/options.ts';
import { checkFinite } from './decoding/numbers.ts';
import type { Abortable } from './language-model.ts';
import { harmfulClasses } from './harmful-classes.ts';
import type { TextClassifier } from './text-classifier.ts';

export const guardOptions = {
  label: text({
    description:
      'Class whose probability counts; empty adds up all classes but those that mean harmless by their names.',
    default: '',
  }),
  threshold: number({
    description: 'Probability of harm from which the guard acts.',
    default: 0.5,
    min: 0,
    max: 1,
  }),
  temperature: number({
    description: 'Above 1 flattens the probabilities, below 1 sharpens them.',
    default: 1,
    min: 0.05,
    max: 20,
  }),
  window: integer({
    description: 'A longer text is also read in stretches of this length that overlap by half.',
    default: 400,
    min: 16,
    max: 100_000,
    unit: 'characters',
  }),
};

/** Tokens that a classifier adds to a text, such as those at its start and end. */
const addedTokens = 8;
const encoder = new TextEncoder();

/**
 * `content` itself and, if it is longer than one stretch, overlapping stretches that cover it to its end.
 * @param contextWindow of the classifier, tokens; no stretch has more bytes, so none is cut off
 */
export function stretches(content: string, size: number, contextWindow: number): readonly string[] {
  const letters = Array.from(content);
  const widest = letters.reduce((most, letter) => Math.max(most, encoder.encode(letter).length), 1);
  const length = Math.max(2, Math.min(size, Math.floor((contextWindow - addedTokens) / widest)));
  if (letters.length <= length) return [content];
  const stride = Math.floor(length / 2);
  const starts = Array.from({ length: Math.ceil((letters.length - length) / stride) }, (_, i) => i * stride);
  return [
    content,
    ...[...starts, letters.length - length].map((start) => letters.slice(start, start + length).join('')),
  ];
}

export interface Guard {
  /** True if the classifier surely reads the whole of a text; a longer one may be cut at its end. */
  readsWhole(text: string): boolean;
  /** Probability of harm of each text, read whole. @throws LabError 'not-finite' if the classifier gives no number */
  probabilities(texts: readonly string[], options?: Abortable): Promise<readonly number[]>;
  /** The highest probability of harm of any stretch of any text, and the number of stretches read. */
  worst(
    texts: readonly string[],
    options?: Abortable,
  ): Promise<{ readonly probability: number; readonly read: number }>;
}

/**
 * @param owner the method that has the options, for the message
 * @throws LabError 'bad-options' for a class that the classifier does not have, or none of whose names says that it means no harm
 */
export function createGuard(
  classifier: TextClassifier,
  {
    label,
    temperature,
    window,
  }: { readonly label: string; readonly temperature: number; readonly window: number },
  owner: string,
): Guard {
  const { labels, contextWindow } = classifier;
  const counts = label === '' ? harmfulClasses(labels) : labels.map((name) => name === label);
  if (counts === null)
    throw new LabError('bad-options', `${classifier.id} does not say which of its classes mean harm.`, {
      advice: `Set "label" of "${owner}" to the class that does: ${labels.join(', ')}.`,
    });
  if (!counts.includes(true))
    throw new LabError('bad-options', `${classifier.id} has no class "${label}" for "${owner}".`, {
      advice: `Its classes: ${labels.join(', ')}.`,
    });

  const probabilities: Guard['probabilities'] = async (texts, { signal } = {}) => {
    const rows = texts.length === 0 ? [] : await classifier.classify(texts, { signal });
    return rows.map((row) => {
      const weights = Array.from(row, (probability) => probability ** (1 / temperature));
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      const share = sum(weights.filter((_, i) => counts[i])) / sum(weights);
      // A comparison with NaN is false, so that a guard would pass what it could not measure.
      checkFinite(classifier.id, 'probabilities of harm', Float32Array.of(share));
      return share;
    });
  };
  return {
    probabilities,
    readsWhole: (text) => encoder.encode(text).length + addedTokens <= contextWindow,
    async worst(texts, options) {
      const parts = texts.flatMap((content) => stretches(content, window, contextWindow));
      return { probability: Math.max(0, ...(await probabilities(parts, options))), read: parts.length };
    },
  };
}
