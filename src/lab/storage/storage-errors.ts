/** @file What a failure of the browser's storage means, and what to do about it. */
import { isStorageErrorCode, LabError, type StorageErrorCode } from '../../core/errors.ts';

const words: Readonly<Record<StorageErrorCode, { readonly message: string; readonly advice: string }>> = {
  'disk-full': {
    message: 'The disk is full, so nothing more can be stored.',
    advice: 'Free space on this disk, then go on.',
  },
  'quota-exceeded': {
    message: 'There is no room left to store more: the browser grants this site no more of the disk.',
    advice: 'Remove old runs or models, or free space on this disk, then go on.',
  },
  'storage-blocked': {
    message: 'Another tab holds the stored data in an older version of the lab.',
    advice: 'Close the other tabs of this site, then reload this page.',
  },
  'storage-failed': {
    message: 'The browser could not read or write what it stores for this site.',
    advice:
      'Check that the disk has room and can be written, then go on; if it fails again, restart the browser.',
  },
  'storage-lost': {
    message: 'The browser has deleted what it stored for this site.',
    advice:
      'This happens when site data is cleared or the disk is full. Save what is still in memory, then go on.',
  },
  'storage-newer': {
    message: 'The stored data was written by a newer version of the lab than this page.',
    advice: 'Reload the page to get the newer version. Nothing was changed.',
  },
  'storage-unavailable': {
    message: 'This browser refuses to store data for this site.',
    advice: 'Leave private browsing or allow site data; until then results last only as long as the page.',
  },
};

export const storageError = (code: StorageErrorCode, cause?: unknown): LabError =>
  new LabError(code, words[code].message, { advice: words[code].advice, cause });

/** True if storing failed, as opposed to what was to be stored. */
export const isStorageError = (error: unknown): error is LabError =>
  error instanceof LabError && isStorageErrorCode(error.code);

const nameOf = (error: unknown) =>
  error instanceof Error || error instanceof DOMException ? error.name : '';
const textOf = (error: unknown) =>
  error instanceof Error || error instanceof DOMException ? error.message : '';

/**
 * Turn a failure of a storage interface into a LabError; anything else stays as it is.
 * Chromium reports a full disk under four names: "UnknownError … FILE_ERROR_NO_SPACE" when its log cannot grow,
 * "DataError: Failed to write blobs" for a large value, "QuotaExceededError … full disk" on opening, and
 * "QuotaExceededError: No space available" for a file.
 */
export function explained(error: unknown): unknown {
  const [name, text] = [nameOf(error), textOf(error)];
  if (/NO_SPACE|full disk|no space|write blobs/i.test(text)) return storageError('disk-full', error);
  if (name === 'QuotaExceededError') return storageError('quota-exceeded', error);
  if (name === 'VersionError') return storageError('storage-newer', error);
  return error instanceof DOMException ? storageError('storage-failed', error) : error;
}

/** As `explained`, for opening: a browser that refuses storage says so here. */
export function explainedOpening(error: unknown): unknown {
  const refused = ['SecurityError', 'NotSupportedError', 'InvalidStateError', 'TypeError', 'ReferenceError'];
  return refused.includes(nameOf(error)) ? storageError('storage-unavailable', error) : explained(error);
}

/** True if the connection to a database was closed under a request, which a fresh connection may mend. */
export const isClosedConnection = (error: unknown): boolean =>
  ['InvalidStateError', 'AbortError'].includes(nameOf(error)) || /connection is clos/i.test(textOf(error));
