/** @file Brings trials that were saved as a file back into the store. */
import { blobLines } from '../../core/blob-lines.ts';
import { LabError, type Outcome } from '../../core/errors.ts';
import { plural } from '../format.ts';
import type { Plan } from '../../lab/plan/plan.ts';
import type { TrialRecord } from '../../lab/records/trial.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';

/** Records that are in memory at once. */
const perBatch = 100;
const advice = 'Choose a file of trials of this run, as “Save” or “Trials as JSONL” wrote it, with answers.';

/**
 * @param plan of the run that the trials belong to
 * @returns how many were new
 * @throws LabError 'bad-input' with the line that is not a trial of this plan; those of batches before it are stored
 */
export async function importTrials(file: Blob, plan: Plan, lab: Pick<LabClient, 'restore'>): Promise<number> {
  let fresh = 0;
  let taken = 0;
  for await (const records of batchesOf(file)) {
    fresh += valueOf(await lab.restore(plan, records), taken);
    taken += records.length;
  }
  if (taken === 0) throw new LabError('bad-input', 'The file holds no trial.', { advice });
  return fresh;
}

function valueOf(outcome: Outcome<number>, taken: number): number {
  if (outcome.status === 'done') return outcome.value;
  if (outcome.status === 'cancelled') throw new DOMException('The worker was ended.', 'AbortError');
  const { code, message } = outcome;
  const before = taken === 0 ? '' : ` The ${plural(taken, ['# trial', '# trials'])} before are stored.`;
  throw new LabError(code === 'bug' ? 'bad-input' : code, `${message}${before}`, outcome);
}

async function* batchesOf(file: Blob): AsyncGenerator<readonly TrialRecord[]> {
  let batch: TrialRecord[] = [];
  let number = 0;
  for await (const line of blobLines(file)) {
    number++;
    if (line.trim() === '') continue;
    try {
      batch.push(JSON.parse(line) as TrialRecord);
    } catch (cause) {
      throw new LabError('bad-input', `Line ${number} of the file is not JSON.`, { advice, cause });
    }
    if (batch.length < perBatch) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
