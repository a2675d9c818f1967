/**
 * @file Watches ways out that no policy can forbid, and refuses those that a page can refuse. Each attempt is reported.
 * Limits: a frame that a script makes has its own copies of what is replaced here, and a browser without the Navigation
 * API lets a script leave for another site unseen.
 */

export interface Attempt {
  readonly address: string;
  /** What was tried, shown in the ledger. */
  readonly how: string;
}

type Page = Window & typeof globalThis;

/** Call once, before anything else runs on the page. */
export function watchWays(page: Page, report: (attempt: Attempt) => void): void {
  page.document.addEventListener('securitypolicyviolation', ({ blockedURI, effectiveDirective }) => {
    // Refused code and styles have no address: nothing would have left.
    if (URL.canParse(blockedURI)) report({ address: blockedURI, how: `policy ${effectiveDirective}` });
  });
  // Links that the user follows are the user's; the app itself never leaves its own site.
  page.navigation?.addEventListener('navigate', (event) => {
    const { url } = event.destination;
    if (new URL(url).origin === page.location.origin || event.userInitiated || !event.cancelable) return;
    event.preventDefault();
    report({ address: url, how: 'navigation by script' });
  });
  page.open = (url) => {
    report({ address: String(url ?? ''), how: 'window by script' });
    return null;
  };
  for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection'] as const)
    if (name in page)
      Object.defineProperty(page, name, {
        configurable: false,
        value: function refused(options?: RTCConfiguration) {
          const urls = options?.iceServers?.flatMap((server) => server.urls) ?? [];
          report({ address: urls[0] ?? '', how: 'WebRTC' });
          throw new DOMException('WebRTC is not used here.', 'NotAllowedError');
        },
      });
}
