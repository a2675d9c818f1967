/** @file Labels that a person gave to answers, as CSV: the file that `lab evaluators --labels` reads. */
import { person } from '../../../evaluators/rules/person.ts';
import { byteOrderMark } from '../../records/export.ts';
import { labelRow, labelsHead } from '../../records/labels.ts';
import type { Format } from './format.ts';

export const labelsFile = (): Format => ({
  head: byteOrderMark + labelsHead,
  trial(record) {
    const score = record.scores[person.id];
    if (score === undefined || score.label === 'unlabelled') return '';
    return labelRow(record, score.value === null ? null : score.value >= person.yesFrom);
  },
  tail: () => '',
});
