/** @file Keeps the focus where it was as nearly as can be, for those who go by keyboard or with a screen reader. */
import type { Attachment } from 'svelte/attachments';

const controls =
  'a[href], summary, [tabindex], :is(button, input, select, textarea):not(:disabled, [type="file"])';

/**
 * Where what has the focus is taken out of the page, a browser goes back to the top. Here the focus goes to the closest place
 * around it that is left: to that place itself, if it can have the focus, or else to the first control in it.
 */
export const keepFocus: Attachment<HTMLElement> = (root) => {
  /** What has the focus, and what is around it, from the inside out. */
  let path: readonly HTMLElement[] = [];

  const enter = (event: FocusEvent) => {
    path = event
      .composedPath()
      .filter((one) => one instanceof HTMLElement && root.contains(one)) as HTMLElement[];
  };
  const leave = ({ target }: FocusEvent) =>
    // What goes is still there when it is told.
    queueMicrotask(() => {
      const isAway = target instanceof Node && target.isConnected && document.activeElement !== target;
      if (isAway && path[0] === target) path = [];
    });
  const observer = new MutationObserver(() => {
    if (path.length === 0 || path[0]!.isConnected || document.activeElement !== document.body) return;
    const left = path.filter((one) => one.isConnected);
    path = [];
    for (const place of left)
      for (const one of [place, ...place.querySelectorAll<HTMLElement>(controls)]) {
        one.focus();
        if (document.activeElement === one) return;
      }
  });

  root.addEventListener('focusin', enter);
  root.addEventListener('focusout', leave);
  observer.observe(root, { childList: true, subtree: true });
  return () => {
    root.removeEventListener('focusin', enter);
    root.removeEventListener('focusout', leave);
    observer.disconnect();
  };
};
