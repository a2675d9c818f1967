/** @file The browser's storage for small things, `null` where it is refused. */
export function storageOf(window: Window, which: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    return window[which];
  } catch {
    return null;
  }
}
