/** @file What a run will take, before it starts: plain data, and in words. */
import { bytes, duration, plural } from '../../core/format.ts';

export interface RunEstimate {
  /** Of the plan. */
  readonly trials: number;
  /** About, without the time in which models are loaded and methods learn; `null` while nothing says how fast a model is. */
  readonly timeMs: number | null;
  /** True if the time rests on measurements of every model under attack on this device. */
  readonly isTimed: boolean;
  /** How many will compute it. */
  readonly workers: number;
  /** About; `null` if the size of a model is unknown. */
  readonly memoryBytes: number | null;
}

/** In one line: `1,100 trials · about 3 min 20 s with 2 workers · about 700 MB of memory`. */
export function estimateText({ trials, timeMs, isTimed, workers, memoryBytes }: RunEstimate): string {
  const time =
    timeMs === null
      ? 'time unknown until it runs'
      : isTimed
        ? `about ${duration(timeMs)}`
        : `perhaps ${duration(timeMs)}, guessed from the size of the model`;
  return [
    plural(trials, /* @wc-include */ 'trial', /* @wc-include */ 'trials'),
    workers > 1
      ? `${time} with ${plural(workers, /* @wc-include */ 'worker', /* @wc-include */ 'workers')}`
      : time,
    ...(memoryBytes === null ? [] : [`about ${bytes(memoryBytes)} of memory`]),
  ].join(' · ');
}
