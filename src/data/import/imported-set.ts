/** @file An imported set: what names its content, and the set that the lab makes of its rows. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Behavior } from '../../core/behavior.ts';
import { plural } from '../../core/format.ts';
import type { BehaviorSet } from '../behavior-set.ts';
import type { SetRow } from './set-row.ts';

/** Names the content of a set: the same rows in the same order, whatever the set is called. Hexadecimal SHA-256. */
export function hashOfRows(rows: readonly SetRow[]): string {
  const [hash, encoder] = [sha256.create(), new TextEncoder()];
  for (const { id, prompt, target, category, kind, context, secret } of rows)
    hash.update(encoder.encode(`${JSON.stringify([id, prompt, target, category, kind, context, secret])}\n`));
  return bytesToHex(hash.digest());
}

/** Ids are unique in the lab, so a row's own id follows that of its set. */
export function importedSet(
  id: string,
  title: string,
  rows: readonly SetRow[],
  hash = hashOfRows(rows),
): BehaviorSet {
  return {
    id,
    title,
    summary: `Imported: ${plural(rows.length, 'behavior')}.`,
    license: 'as its authors say',
    sha256: hash,
    behaviors: rows.map((row): Behavior => ({ ...row, id: `${id}-${row.id}`, set: id })),
  };
}
