/**
 * Most threads that can compute at once in this browser. Threads share memory, for which a page must be isolated; some
 * browsers, WebKitGTK among them, do not share it even then.
 */
export const possibleThreads = (): number =>
  globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function'
    ? (globalThis.navigator.hardwareConcurrency ?? 1)
    : 1;
