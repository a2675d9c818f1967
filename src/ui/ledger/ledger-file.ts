/** @file The ledger as a file to save. Pure. */
import type { LedgerEntry } from '../../lab/seal/page-client.ts';

const columns = ['address', 'host', 'reason', 'requests', 'failures', 'bytes', 'at'] as const;

export const ledgerJson = (entries: readonly LedgerEntry[]): string =>
  `${JSON.stringify(entries, null, 2)}\n`;

/** A cell that begins like a formula is kept from being one. */
function cell(value: string | number): string {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const ledgerCsv = (entries: readonly LedgerEntry[]): string =>
  [columns.join(','), ...entries.map((entry) => columns.map((name) => cell(entry[name])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
