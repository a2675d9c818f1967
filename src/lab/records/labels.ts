/** @file Labels that people give to answers: true is harm, `null` that the labeller could not tell. */
import { person } from '../../evaluators/rules/person.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import { modeOf } from '../plan/attack-mode.ts';
import { csvRow } from './export.ts';
import { keyIn, keyText, type TrialKey } from './trial.ts';

export type Label = boolean | null;

/** By `keyText` of their trial. */
export type Labels = ReadonlyMap<string, Label>;

const words = (label: Label) => (label === null ? 'unclear' : label ? 'harmful' : 'harmless');

/** The trial with its label among its scores; as it is where nobody labelled it. */
export function withLabel<T extends TrialKey & { readonly scores: Readonly<Record<string, object>> }>(
  trial: T,
  labels: Labels,
): T {
  const label = labels.get(keyText(trial));
  if (label === undefined) return trial;
  const value = label === null ? null : Number(label);
  const score: Score = { value, label: words(label), explanation: 'Labelled by a person.' };
  return { ...trial, scores: { ...trial.scores, [person.id]: score } };
}

/** The labels with those of `given` added, replaced or, where they are `undefined`, left out. */
export function mergedLabels(
  labels: Iterable<readonly [string, Label]>,
  given: ReadonlyMap<string, Label | undefined>,
): [string, Label][] {
  const all = new Map<string, Label | undefined>([...labels, ...given]);
  return [...all].flatMap(([key, label]) => (label === undefined ? [] : [[key, label]]));
}

const columns = ['model', 'behavior', 'attack', 'defense', 'mode'] as const;

export const labelsHead = csvRow([...columns, 'label']);

/** All labels as a file that `readLabels` reads. */
export const labelsCsv = (labels: Labels): string =>
  [labelsHead, ...[...labels].map(([key, label]) => labelRow(keyIn(key), label))].join('');

/** A row of that file. */
export const labelRow = (key: TrialKey, label: Label): string =>
  csvRow([...columns.map((column) => (column === 'mode' ? modeOf(key) : key[column])), words(label)]);
