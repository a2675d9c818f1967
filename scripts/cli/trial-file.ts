/** @file trials.jsonl: one line per trial, appended when it finishes, so that no finished trial is lost. */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { trialLine } from '../../src/lab/records/export.ts';
import { recordProblem, upgradeRecord } from '../../src/lab/records/check.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { badUsage } from './failure.ts';

/**
 * The finished trials in a file; none when there is no file. An incomplete last line, left by an interrupted write, is
 * skipped.
 * @throws CommandError 2 for an incomplete line anywhere else, with its number
 */
export function readTrials(path: string): readonly TrialRecord[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  const last = lines.findLastIndex((line) => line !== '');
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    const broken = (reason: string) =>
      badUsage(
        `${path}, line ${i + 1}: this is not a complete trial${reason}.`,
        'Remove the line to run it again.',
      );
    let record: TrialRecord;
    try {
      record = JSON.parse(line) as TrialRecord;
    } catch {
      if (i === last) return [];
      throw broken('');
    }
    const problem = recordProblem(record);
    if (problem !== null) throw broken(` (${problem})`);
    return [upgradeRecord(record)];
  });
}

/** Replace the file in one step, so that it is never half written. */
export function writeTrials(path: string, records: readonly TrialRecord[]): void {
  writeFileSync(`${path}.part`, records.map((record) => `${trialLine(record)}\n`).join(''));
  renameSync(`${path}.part`, path);
}

export const appendTrial = (path: string, record: TrialRecord): void =>
  appendFileSync(path, `${trialLine(record)}\n`);
