/** @file Labels of answers from a file that a command names. */
import { basename } from 'node:path';
import { readLabels } from '../../src/data/import/read-labels.ts';
import { labelsOf } from '../../src/lab/records/match-labels.ts';
import type { Labels } from '../../src/lab/records/labels.ts';
import type { RunContents } from '../../src/lab/records/run.ts';
import { blobOf } from './behaviors-file.ts';

/** @returns `null` where no file is named */
export async function labelsFor(
  { digests }: Pick<RunContents, 'digests'>,
  path: string | undefined,
): Promise<Labels | null> {
  if (path === undefined) return null;
  return labelsOf(await readLabels(blobOf(path, 'file of labels'), basename(path)), digests);
}
