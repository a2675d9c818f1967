/** @file What a part of the fault campaign is: one kind of harm, done many times, and what the lab promises under it. */
import type { Random } from '../../src/core/random.ts';

export interface FaultPart {
  /** Names the part on the command line and its table in docs/reliability.md. */
  readonly id: string;
  /** What must hold, as one sentence. */
  readonly promise: string;
  /** How often harm is done in a full campaign, and in words of what. */
  readonly count: number;
  readonly unit: string;
  /**
   * Do harm `count` times and say after each what came of it. All choices are drawn from `random`. A harm that breaks the
   * promise is an outcome; what is thrown ends the part.
   * @param folder empty, for temporary files; the caller removes it
   */
  run(random: Random, count: number, folder: string): AsyncIterable<Outcome>;
}

/** What came of one harm. */
export interface Outcome {
  /** What was done, for example "kill -9 of the browser"; equal faults share a row of the table. */
  readonly fault: string;
  /** How often it was done with this result. Default: once. */
  readonly times?: number;
  /** `skipped`: could not be done on this machine. */
  readonly result: 'held' | 'broken' | 'skipped';
  /** What was measured, what broke, or why it was skipped. */
  readonly note?: string;
}

/** @throws Error that says what does not hold */
export function promise(holds: boolean, broken: string): asserts holds {
  if (!holds) throw new Error(broken);
}

const longestNote = 300;
const asNote = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, longestNote);

/**
 * The outcome of harm that is done by `work`, with the text that it returns as a note: what it throws, or running past
 * `limitMs`, breaks the promise.
 */
export async function outcomeOf(
  fault: string,
  work: () => Promise<unknown>,
  limitMs = 120_000,
): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not done within ${limitMs / 1000} s.`)), limitMs);
  });
  try {
    const note = await Promise.race([work(), limit]);
    return { fault, result: 'held', ...(typeof note === 'string' && note !== '' ? { note } : {}) };
  } catch (error) {
    return { fault, result: 'broken', note: asNote(error) };
  } finally {
    clearTimeout(timer);
  }
}
