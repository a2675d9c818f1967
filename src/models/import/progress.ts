/** @file How far an import is, how fast it goes, and how long it will take. */

export interface ImportProgress extends Advance {
  /** `checking`: the hash of the files is taken. `storing`: weights are read, converted and written. */
  readonly stage: 'checking' | 'storing';
}

export interface Advance {
  /** Bytes read of what was brought. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; `null` at the start. */
  readonly bytesPerSecond: number | null;
  /** At that speed; `null` at the start. */
  readonly secondsLeft: number | null;
}

const windowMs = 5000;
/** Before that, a speed says little: the first tensors are the smallest. */
const warmUpMs = 1500;

/** @param now in milliseconds, from any origin */
export function progressMeter(totalBytes: number, now: () => number) {
  let loadedBytes = 0;
  const marks = [{ at: now(), bytes: 0 }];
  return (bytes: number): Advance => {
    loadedBytes += bytes;
    const at = now();
    marks.push({ at, bytes: loadedBytes });
    while (marks.length > 2 && marks[1]!.at < at - windowMs) marks.shift();
    const [first] = marks as [(typeof marks)[number]];
    const seconds = (at - first.at) / 1000;
    const bytesPerSecond = at - first.at < warmUpMs ? null : (loadedBytes - first.bytes) / seconds;
    const leftBytes = totalBytes - loadedBytes;
    const secondsLeft = leftBytes === 0 ? 0 : bytesPerSecond ? leftBytes / bytesPerSecond : null;
    return { loadedBytes, totalBytes, bytesPerSecond, secondsLeft };
  };
}
