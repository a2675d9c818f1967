/** @file Labels of a file, put to the answers of a run. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { plural } from '../../core/format.ts';
import { groupedBy } from '../../core/groups.ts';
import { labelKeys, type LabelRow } from '../../data/import/read-labels.ts';
import { modeOf } from '../plan/attack-mode.ts';
import type { TrialDigest } from './digest.ts';
import type { Label, Labels } from './labels.ts';
import { keyText } from './trial.ts';

/** @throws LabError 'bad-input' for a row that names no answer of the run, several, or one that another row labels otherwise */
export function labelsOf(rows: readonly LabelRow[], digests: readonly TrialDigest[]): Labels {
  const trials = groupedBy(digests, ({ behavior }) => behavior);
  const labels = new Map<string, Label>();
  for (const { line, key, label } of rows) {
    const matching = (trials.get(key.behavior ?? '') ?? []).filter((trial) =>
      labelKeys.every((field) => {
        const value = field === 'mode' ? modeOf(trial) : trial[field];
        return key[field] === undefined || key[field] === value;
      }),
    );
    const [first] = matching;
    if (first === undefined || matching.length > 1) {
      const named = excerpt(Object.values(key).join(' × '), 200);
      const found = first === undefined ? 'no answer of this run' : plural(matching.length, 'answer');
      throw unusable(line, `${named} names ${found}.`);
    }
    const name = keyText(first);
    if (labels.has(name) && labels.get(name) !== label)
      throw unusable(line, 'Another line labels the same answer otherwise.');
    labels.set(name, label);
  }
  return labels;
}

const unusable = (line: number, message: string) =>
  new LabError('bad-input', `Line ${line} of the labels: ${message}`, {
    advice:
      'Take model, behavior, attack, defense and mode from trials.jsonl or its CSV: together they name one answer.',
  });
