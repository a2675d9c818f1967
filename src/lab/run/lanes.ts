/** @file Spreads tasks over lanes, each of which works on one at a time. Pure scheduling. */

export interface Lane<T> {
  /** Resolves when the lane can take its first task. A rejection closes the lane. */
  readonly ready: Promise<void>;
  /**
   * A rejection ends all lanes, unless `lost` is true of it: then this lane is closed and its task goes to another one.
   * @param signal aborts when another lane fails
   */
  run(task: T, signal: AbortSignal): Promise<void>;
  /** Default: no rejection closes the lane alone. */
  readonly lost?: (error: unknown) => boolean;
}

export interface LaneOptions<T> {
  /** Whether a task may start; asked again whenever another has ended. */
  readonly mayStart: (task: T) => boolean;
  /** Whether no further task is to start. Default: never. */
  readonly ended?: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * Work on every task, or until `ended`. A free lane takes the first of `tasks` that may start.
 * @returns once all that were started are done; throws the first failure when every lane has stopped. One lane must never be lost.
 */
export async function inLanes<T>(
  tasks: readonly T[],
  lanes: readonly Lane<T>[],
  { mayStart, ended = () => false, signal }: LaneOptions<T>,
): Promise<void> {
  const waiting = [...tasks];
  const siblings = new AbortController();
  const joint = AbortSignal.any([signal, siblings.signal]);
  let working = 0;
  const listeners: (() => void)[] = [];
  let failure: { readonly error: unknown } | undefined;
  const isOver = () => failure !== undefined || (working === 0 && (waiting.length === 0 || ended()));
  const change = () => new Promise<void>((resolve) => listeners.push(resolve));
  const changed = () => {
    for (const listener of listeners.splice(0)) listener();
  };
  const over = async () => {
    while (!isOver()) await change();
  };
  const fail = (error: unknown) => {
    failure ??= { error };
    siblings.abort(error);
  };

  const use = async (lane: Lane<T>): Promise<void> => {
    const opened = await Promise.race([lane.ready.then(() => true).catch(() => false), over()]);
    if (!opened) return;
    while (!isOver()) {
      const at = ended() ? -1 : waiting.findIndex(mayStart);
      if (at < 0) {
        await change();
        continue;
      }
      const [task] = waiting.splice(at, 1) as [T];
      working++;
      try {
        joint.throwIfAborted();
        await lane.run(task, joint);
      } catch (error) {
        if (!joint.aborted && lane.lost?.(error)) {
          waiting.unshift(task);
          return;
        }
        fail(error);
      } finally {
        working--;
        changed();
      }
    }
  };
  await Promise.all(lanes.map(use));
  if (failure) throw failure.error;
}
