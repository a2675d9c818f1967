/**
 * @file The door for the command line, which drives the same page in a headless browser. It exists only on pages
 * opened with `?cli`; those also leave the service worker alone, because the command line serves them itself.
 */
import type { LabClient } from './client.ts';

export const headless = (): boolean => new URLSearchParams(location.search).has('cli');

declare global {
  /** Set on headless pages only. */
  var glovebox: LabClient | undefined;
  /** Put in place by the command line before the page loads; events arrive there as plain data. */
  var gloveboxEvent: ((event: unknown) => void) | undefined;
}

export function exposeToCommandLine(lab: LabClient): void {
  if (headless()) globalThis.glovebox = lab;
}
