/** @file The page's side of a repair: the service worker checks the files of the app on this device, part by part. */
import type { RepairStep } from './messages.ts';
import { askSeal } from './page-client.ts';

/** What a repair found; runs and models from a hub are no files of the app and are not touched. */
export type RepairReport = Pick<RepairStep, 'replaced' | 'added' | 'failed'>;

export interface RepairProgress {
  readonly checked: number;
  readonly total: number;
}

/** @throws LabError 'not-supported' without a service worker */
export async function repairFiles(onProgress: (progress: RepairProgress) => void): Promise<RepairReport> {
  const replaced: string[] = [];
  const added: string[] = [];
  const failed: RepairReport['failed'][number][] = [];
  let step: Pick<RepairStep, 'next' | 'total'> = { next: 0, total: Infinity };
  while (step.next < step.total) {
    const found = await askSeal({ type: 'repair', first: step.next });
    replaced.push(...found.replaced);
    added.push(...found.added);
    failed.push(...found.failed);
    onProgress({ checked: found.next, total: found.total });
    step = found;
  }
  return { replaced, added, failed };
}
