/** @file Gathers items that arrive faster than frames and shows them together. */

/** Calls back before the next frame. */
export type OnFrame = (show: () => void) => void;

/** Items are kept until the next frame, or until `flush`. */
export function gathered<T>(onframe: OnFrame, show: (items: readonly T[]) => void) {
  let waiting: T[] = [];
  const flush = () => {
    const items = waiting;
    waiting = [];
    if (items.length > 0) show(items);
  };
  return {
    add(item: T): void {
      if (waiting.push(item) === 1) onframe(flush);
    },
    flush,
  };
}
