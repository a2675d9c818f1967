/** @file Tells how long a run will go on, every second from its first. */
import type { PlacedRecord } from '../../trials/placement.ts';
import type { RunEvent } from '../../records/events.ts';
import type { Chunk } from '../../trials/trials.ts';
import type { Costs } from './costs.ts';

export interface Clock {
  /** Start to tell, given the chunks of this target. */
  begin(chunks: readonly Chunk[]): void;
  started(chunk: Chunk): void;
  /** A worker ended with a chunk unfinished. */
  lost(chunk: Chunk): void;
  finished(chunk: Chunk, trials: readonly PlacedRecord[]): void;
  end(): void;
}

export interface ClockOptions {
  readonly costs: Costs;
  readonly steady: (estimateMs: number) => number;
  readonly workers: number;
  readonly makesAttack: (chunk: Chunk) => boolean;
  /** Of targets that come after this one. */
  readonly later: readonly Chunk[];
  readonly emit: (event: RunEvent) => void;
  readonly now?: () => number;
}

const everyMs = 1_000;

/** A chunk that takes longer than expected goes on for this part of the time that it has taken. */
const overdue = 1 / 5;

export function createClock({
  costs,
  steady,
  makesAttack,
  later,
  emit,
  now = () => performance.now(),
  ...options
}: ClockOptions): Clock {
  let { workers } = options;
  const open = new Map<Chunk, { startedAt: number | null }>();
  let timer: ReturnType<typeof setInterval> | undefined;

  /** @returns ms, or `null` if the cost of a chunk is unknown */
  const estimate = (): number | null => {
    let [sum, longest] = [0, 0];
    for (const [chunk, { startedAt }] of open) {
      const cost = costs.of(chunk, makesAttack(chunk));
      if (cost === null) return null;
      const spent = startedAt === null ? 0 : now() - startedAt;
      const left = Math.max(cost - spent, spent * overdue);
      sum += left;
      longest = Math.max(longest, left);
    }
    for (const chunk of later) {
      const cost = costs.of(chunk, makesAttack(chunk));
      if (cost === null) return null;
      sum += cost;
    }
    return Math.max(sum / workers, longest);
  };
  const tell = () => {
    const left = estimate();
    emit({ type: 'pace', leftMs: left === null ? null : steady(left), workers });
  };
  return {
    begin(chunks) {
      for (const chunk of chunks) open.set(chunk, { startedAt: null });
      tell();
      timer = setInterval(tell, everyMs);
    },
    started: (chunk) => void open.set(chunk, { startedAt: now() }),
    lost(chunk) {
      open.set(chunk, { startedAt: null });
      workers--;
    },
    finished(chunk, trials) {
      open.delete(chunk);
      costs.add(trials.map(({ record }) => record));
    },
    end: () => clearInterval(timer),
  };
}
