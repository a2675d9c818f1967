/** @file Compares subjects in alternating rounds, because the speed of a machine drifts. */
import { median } from './median.ts';
import type { Measured } from './subject.ts';

export interface Compared {
  /** Medians of milliseconds. */
  readonly ours: number;
  readonly theirs: number;
  /** Median of our time over theirs, round by round. */
  readonly timeRatio: number;
  readonly rounds: number;
}

/**
 * Let both do `rounds` rounds in turn; who begins alternates.
 * @param warmUp rounds before, which are not counted
 */
export async function compare(
  ours: Measured,
  theirs: Measured,
  rounds: number,
  warmUp = 1,
): Promise<Compared> {
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let round = -warmUp; round < rounds; round++) {
    const order = round % 2 === 0 ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const);
    for (const side of order) {
      const ms = await (side === 'ours' ? ours : theirs).round();
      if (round >= 0) times[side].push(ms);
    }
  }
  return {
    ours: median(times.ours),
    theirs: median(times.theirs),
    timeRatio: median(times.ours.map((ms, round) => ms / times.theirs[round]!)),
    rounds,
  };
}

/** Median milliseconds of a subject that nothing is compared with, after one round that is not counted. */
export async function alone(subject: Measured, rounds: number): Promise<number> {
  await subject.round();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await subject.round());
  return median(times);
}
