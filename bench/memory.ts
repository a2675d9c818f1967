/** @file Peak memory of the process that a page runs in, read from the kernel; only Linux says it. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Ids of the processes that run pages. The numbers of an ordinary browser are not ours to give. */
async function rendererIds(browser: Browser): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

const statusOf = (id: number, field: 'VmHWM' | 'VmRSS'): number => {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${id}/status`, 'utf8'));
  return 1024 * Number(found![1]);
};

/**
 * The bytes that the pages' processes took at their peak during `work`, beyond what they held before; `null` where the
 * system does not say.
 */
export async function peakBytes(browser: Browser, work: () => Promise<unknown>): Promise<number | null> {
  let before: Map<number, number>;
  try {
    before = new Map((await rendererIds(browser)).map((id) => [id, statusOf(id, 'VmRSS')]));
    for (const id of before.keys()) writeFileSync(`/proc/${id}/clear_refs`, '5'); // the peak starts again from now
  } catch {
    return null;
  }
  await work();
  const grown = [...before].map(([id, held]) => statusOf(id, 'VmHWM') - held);
  return Math.max(...grown);
}
