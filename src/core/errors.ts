/** @file Failures that a user can act on. Any other error is a bug. */
import { excerpt } from './excerpt.ts';

/** Stable names of failures, by which the page and the command line choose wording and buttons. */
export type LabErrorCode =
  | 'aborted'
  | 'bad-input'
  | 'bad-model'
  | 'bad-options'
  | 'bad-plan'
  | 'budget-spent'
  | 'context-overflow'
  | 'device-lost'
  | 'no-webgpu'
  | 'not-finite'
  | 'not-supported'
  | 'out-of-memory'
  | 'run-locked'
  | 'unknown-method'
  | 'unknown-model'
  | 'unreachable'
  | 'worker-died'
  | StorageErrorCode;

const storageErrorCodes = [
  'disk-full',
  'quota-exceeded',
  'storage-blocked',
  'storage-failed',
  'storage-lost',
  'storage-newer',
  'storage-unavailable',
] as const;
/** Failures of storing, as opposed to what was to be stored. */
export type StorageErrorCode = (typeof storageErrorCodes)[number];

export const isStorageErrorCode = (code: string): code is StorageErrorCode =>
  (storageErrorCodes as readonly string[]).includes(code);

/** Messages name what users and files contain; whatever that is, they stay readable. */
const mostCharacters = { message: 1200, advice: 700 } as const;

export class LabError extends Error {
  readonly code: LabErrorCode;
  /** What the reader should do next, as a sentence. */
  readonly advice: string;

  constructor(code: LabErrorCode, message: string, options: { advice: string; cause?: unknown }) {
    super(
      excerpt(message, mostCharacters.message),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'LabError';
    this.code = code;
    this.advice = excerpt(options.advice, mostCharacters.advice);
  }
}

/** Failure is a value at the worker boundary: Comlink rebuilds a thrown error without its class or fields. */
export type Outcome<T> =
  | { readonly status: 'done'; readonly value: T }
  | { readonly status: 'cancelled' }
  | Failure;

export interface Failure {
  readonly status: 'failed';
  readonly code: LabErrorCode | 'bug';
  readonly message: string;
  readonly advice: string;
}

/**
 * True for a cancellation. A storage transaction that the browser ends also rejects with an AbortError, so whatever
 * uses IndexedDB goes through `lab/storage/database.ts`, which turns that into a failure.
 */
export const isAbort = (error: unknown): boolean =>
  (error instanceof Error || error instanceof DOMException) && error.name === 'AbortError';

const unexpected = 'This is a bug in the lab. Save what you need, then reload the page to go on.';

/** Advice where a part of the app itself is missing or damaged. */
export const repairAdvice =
  'Reload the page. If it comes again, press Repair on the About page; finished trials are safe.';

/** How Chromium, Firefox and Safari say that a script of the app cannot be had. */
const missingScript = /dynamically imported module|importing a module script failed/i;

/** Turn anything thrown into an outcome. */
export function failure(error: unknown): { readonly status: 'cancelled' } | Failure {
  if (isAbort(error)) return { status: 'cancelled' };
  if (error instanceof TypeError && missingScript.test(error.message))
    return {
      status: 'failed',
      code: 'unreachable',
      message: 'A part of the app could not be loaded.',
      advice: repairAdvice,
    };
  if (error instanceof LabError)
    return { status: 'failed', code: error.code, message: error.message, advice: error.advice };
  return {
    status: 'failed',
    code: 'bug',
    message: excerpt(error instanceof Error ? error.message : String(error), mostCharacters.message),
    advice: unexpected,
  };
}

/** Run `work` and return its result, its cancellation or its failure as a value. */
export async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { status: 'done', value: await work() };
  } catch (error) {
    return failure(error);
  }
}
