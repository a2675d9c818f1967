/**
 * @file The ways by which a page could reach another host, each as something to try. All are safe to try: none leaves
 * the page, asks the user, or sends anything if it is refused.
 */

export interface Channel {
  readonly title: string;
  /** Try to reach `address`. What it throws does not count; what the browser reports meanwhile does. */
  try(address: string): unknown;
  /** Names what a browser must have for it. */
  readonly needs?: string;
}

/** Add an element for a moment. */
function element(tag: string, attributes: Readonly<Record<string, string>>): HTMLElement {
  const added = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) added.setAttribute(name, value);
  added.hidden = true;
  document.body.append(added);
  setTimeout(() => added.remove(), 2_000);
  return added;
}
const link = (rel: string, more: Readonly<Record<string, string>> = {}) => ({
  title: `link ${rel}${more['as'] ? ` as ${more['as']}` : ''}`,
  try: (href: string) => element('link', { rel, href, ...more }),
});
const withSource = (tag: string, attribute = 'src') => ({
  title: `${tag} ${attribute}`,
  try: (address: string) => element(tag, { [attribute]: address }),
});
/** Code in a worker made from text, which has the page's policy. */
const blobUrl = (code: string) => URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
const fetchCode = (address: string) =>
  `fetch(${JSON.stringify(address)}, { mode: 'no-cors' }).catch(() => {})`;
const frame = (attributes: Readonly<Record<string, string>>) =>
  element('iframe', attributes) as HTMLIFrameElement;

export const channels: readonly Channel[] = [
  { title: 'fetch', try: (address) => fetch(address, { mode: 'no-cors' }) },
  { title: 'fetch, POST', try: (address) => fetch(address, { mode: 'no-cors', method: 'POST', body: 'x' }) },
  { title: 'fetch, keepalive', try: (address) => fetch(address, { mode: 'no-cors', keepalive: true }) },
  {
    title: 'XMLHttpRequest',
    try(address) {
      const request = new XMLHttpRequest();
      request.open('GET', address);
      request.send();
    },
  },
  { title: 'beacon', try: (address) => navigator.sendBeacon(address, 'x') },
  { title: 'event source', try: (address) => new EventSource(address) },
  { title: 'web socket', try: (address) => new WebSocket(address.replace('https', 'wss')) },
  { title: 'web transport', needs: 'WebTransport', try: (address) => new WebTransport(address).closed },
  { title: 'image', try: (address) => void (new Image().src = address) },
  {
    title: 'style sheet image',
    try(address) {
      const shown = element('div', {});
      shown.hidden = false;
      shown.style.backgroundImage = `url("${address}")`;
    },
  },
  { title: 'font', try: (address) => new FontFace('sealed', `url("${address}")`).load() },
  link('stylesheet'),
  link('modulepreload'),
  link('prefetch'),
  link('preload', { as: 'fetch' }),
  link('preload', { as: 'image' }),
  link('preload', { as: 'script' }),
  link('icon'),
  withSource('script'),
  { title: 'dynamic import', try: (address) => import(/* @vite-ignore */ address) },
  withSource('audio'),
  withSource('video'),
  withSource('video', 'poster'),
  withSource('embed'),
  withSource('object', 'data'),
  withSource('iframe'),
  { title: 'frame with a document of its own', try: (a) => frame({ srcdoc: `<img src="${a}">` }) },
  {
    title: 'sandboxed frame with a preload',
    try: (a) => frame({ sandbox: 'allow-scripts', srcdoc: `<link rel="preload" as="image" href="${a}">` }),
  },
  {
    title: 'fetch of an empty frame',
    try: (address) => frame({}).contentWindow!.fetch(address, { mode: 'no-cors', method: 'POST', body: 'x' }),
  },
  {
    title: 'form',
    try(action) {
      const inner = frame({ name: 'sealed-form' });
      const form = element('form', { action, method: 'post', target: inner.name }) as HTMLFormElement;
      form.submit();
    },
  },
  {
    title: 'ping of a link',
    try: (ping) => element('a', { href: '#/ledger', ping }).click(),
  },
  { title: 'worker from text', try: (address) => new Worker(blobUrl(fetchCode(address))) },
  { title: 'worker that imports', try: (a) => new Worker(blobUrl(`importScripts(${JSON.stringify(a)})`)) },
  {
    title: 'shared worker from text',
    needs: 'SharedWorker',
    try: (address) => new SharedWorker(blobUrl(fetchCode(address))),
  },
  { title: 'worker of another host', try: (address) => new Worker(address) },
  {
    title: 'speculation rules',
    try(address) {
      const rules = element('script', { type: 'speculationrules' });
      rules.textContent = JSON.stringify({ prerender: [{ source: 'list', urls: [address] }] });
    },
  },
  {
    title: 'background fetch',
    needs: 'BackgroundFetchManager',
    async try(address) {
      const registration = (await navigator.serviceWorker.ready) as ServiceWorkerRegistration & {
        readonly backgroundFetch: { fetch(id: string, address: string): Promise<unknown> };
      };
      await registration.backgroundFetch.fetch(`sealed-${Math.random()}`, address);
    },
  },
  {
    title: 'payment',
    needs: 'PaymentRequest',
    try: (address) =>
      new PaymentRequest([{ supportedMethods: address }], {
        total: { label: 'x', amount: { currency: 'EUR', value: '1' } },
      }).canMakePayment(),
  },
  { title: 'window by script', try: (address) => window.open(address) },
  {
    title: 'WebRTC',
    needs: 'RTCPeerConnection',
    try: (a) =>
      new RTCPeerConnection({ iceServers: [{ urls: a.replace('https://', 'stun:').replace(/\/.*/, '') }] }),
  },
];
