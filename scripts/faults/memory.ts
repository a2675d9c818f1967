/** @file Time and memory of a process, and what they may be at most. */
import { readFileSync } from 'node:fs';
import { promise } from './part.ts';

const mostSeconds = 60;
const mostBytes = 1e9;

/** Bytes of memory at the peak so far; `null` where the system does not tell, or when the process has ended. */
export function peakOf(id: number): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** @throws Error with the figures if one is beyond its limit */
export function figures(ms: number, peak: number | null, mostMs = mostSeconds * 1000): string {
  const memory = peak === null ? '' : `, ${Math.round(peak / 1e6)} MB`;
  const text = `${(ms / 1000).toFixed(1)} s${memory}`;
  promise(ms <= mostMs && (peak ?? 0) <= mostBytes, `It took ${text}.`);
  return text;
}
