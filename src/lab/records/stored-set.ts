/** @file A behavior set that the user brought, as pages list it, and what they read of its file. */
import type { BehaviorKind } from '../../core/behavior.ts';
import type { Encoding } from '../../data/import/encoding.ts';
import type { FileChoices, FileReport } from '../../data/import/read-file.ts';

export interface StoredSet {
  /** Plans name it by this; it never changes. */
  readonly id: string;
  readonly title: string;
  /** Name of the file that it was made from. */
  readonly file: string;
  /** The benchmark whose columns the file had. */
  readonly shape: string | null;
  readonly importedAt: string;
  /** Names its content. */
  readonly sha256: string;
  readonly counts: Readonly<Record<BehaviorKind, number>>;
  readonly filled: FileReport['filled'];
  /** Rows of the file that were left out. */
  readonly leftOut: number;
}

export interface SetImport {
  readonly set: StoredSet;
  /** True if a set with the same content was stored before, and nothing was added. */
  readonly wasStored: boolean;
  readonly report: FileReport;
}

export interface SetProgress {
  readonly bytes: number;
  readonly totalBytes: number;
}

export type { Encoding, FileChoices, FileReport };
