/** @file Exit codes of the command line: 0 done, 1 the run failed, 2 bad usage or bad input. */
import { excerpt } from '../../src/core/excerpt.ts';
import { LabError, type Failure, type LabErrorCode, type Outcome } from '../../src/core/errors.ts';

const badInput: readonly (LabErrorCode | 'bug')[] = [
  'bad-input',
  'bad-options',
  'bad-plan',
  'not-supported',
  'unknown-method',
  'unknown-model',
];

export class CommandError extends Error {
  readonly exitCode: 1 | 2;

  constructor(exitCode: 1 | 2, message: string, advice = '') {
    const shown = excerpt(message, 1200);
    super(advice ? `${shown}\n${excerpt(advice, 700)}` : shown);
    this.exitCode = exitCode;
  }
}

export const badUsage = (message: string, advice?: string) => new CommandError(2, message, advice);

const diskReasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EDQUOT: "the user's share of the disk is used up",
  EIO: 'the disk reports a failure',
  ENOSPC: 'there is no room left on the disk',
  EROFS: 'the disk can only be read',
};

/** The failure of writing a file. */
export function cannotWrite(path: string, error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  const reason = diskReasons[code] ?? message;
  return new CommandError(
    1,
    `${excerpt(path)} cannot be written: ${reason} (${code}).`,
    'What was written before is safe. Make room or name another folder, then do it again.',
  );
}

const fromFailure = ({ code, message, advice }: Pick<Failure, 'code' | 'message' | 'advice'>) =>
  new CommandError(badInput.includes(code) ? 2 : 1, message, advice);

/** The value of an outcome. @throws CommandError otherwise */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.status === 'done') return outcome.value;
  if (outcome.status === 'cancelled') throw new CommandError(1, 'Stopped before it was done.');
  throw fromFailure(outcome);
}

export const asCommandError = (error: unknown): CommandError => {
  if (error instanceof CommandError) return error;
  if (error instanceof LabError) return fromFailure(error);
  return new CommandError(1, error instanceof Error ? error.message : String(error));
};

/**
 * The value that `read` makes of the user's input.
 * @throws CommandError with exit code 2 for anything that it throws, but 1 for a network or a disk that fails
 */
export function readInput<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asBadUsage(error);
  }
}

/** As `readInput`, for input that takes time to read. */
export const readLongInput = <T>(read: () => Promise<T>): Promise<T> =>
  read().catch((error: unknown) => {
    throw asBadUsage(error);
  });

/** What the input names was right, and something outside of it failed. */
const outside: readonly LabErrorCode[] = ['unreachable', 'disk-full', 'storage-failed'];

const asBadUsage = (error: unknown) =>
  error instanceof LabError && outside.includes(error.code)
    ? fromFailure(error)
    : badUsage(asCommandError(error).message);
