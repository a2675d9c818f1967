/** @file `--data` of a training: a file of the user's own. */
import { basename } from 'node:path';
import { excerpt } from '../../src/core/excerpt.ts';
import { count, list } from '../../src/core/format.ts';
import { answerKinds } from '../../src/data/import/training/training-row.ts';
import {
  readTrainingFile,
  type TrainingFileReport,
} from '../../src/data/import/training/read-training-file.ts';
import type { LabelMeaning } from '../../src/data/import/training/labels.ts';
import { blobOf, leftOutLines } from './behaviors-file.ts';
import { badUsage } from './failure.ts';
import { readJson } from './json-file.ts';
import { readPair } from './method-words.ts';

const what = 'file of training data';
const meanings: readonly string[] = [...answerKinds, 'skip'];

/**
 * The data of a file as a training plan carries it; what was read of it, and left out, goes to standard error.
 * @param labels what labels mean, as `value=kind`
 * @throws CommandError or LabError that describes the problem
 */
export async function trainingDataIn(path: string, labels: readonly string[]): Promise<unknown> {
  if (path.endsWith('.json')) {
    const value = readJson(path, what);
    if (typeof value === 'object' && value !== null && 'requests' in value) return value;
  }
  const name = basename(path);
  const { report, data } = await readTrainingFile(blobOf(path, what), name, { labels: readLabels(labels) });
  for (const line of reportLines(name, report)) console.error(line);
  if (Object.values(report.counts).every((rows) => rows === 0))
    throw badUsage(`${excerpt(name)} holds no row that can be trained on.`, 'Correct the rows named above.');
  return data;
}

function readLabels(texts: readonly string[]): Readonly<Record<string, LabelMeaning>> {
  const pairs = texts.map(readPair);
  const stray = pairs.find(([, meaning]) => !meanings.includes(meaning));
  if (stray)
    throw badUsage(
      `"${excerpt(stray[1])}" is no meaning of a label.`,
      `Write --label value=kind, with a kind of: ${meanings.join(', ')}.`,
    );
  return Object.fromEntries(pairs) as Record<string, LabelMeaning>;
}

function reportLines(name: string, report: TrainingFileReport): readonly string[] {
  const { shape, note, counts } = report;
  const held = Object.entries(counts).flatMap(([kind, rows]) => (rows > 0 ? [`${count(rows)} ${kind}`] : []));
  return [
    `${excerpt(name)}: ${shape.toLowerCase()}, ${list(held) || 'no rows'}.`,
    ...(note === null ? [] : [note]),
    ...leftOutLines(report),
  ];
}
