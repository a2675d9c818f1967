/** @file The page's side of the service worker: starting it, asking it, and moving to a new version. */
import { Workbox } from 'workbox-window';
import { LabError } from '../../core/errors.ts';
import { mirrorWorkerFile, serviceWorkerFile } from './policy.ts';
import type { SealAnswer, SealMessage, SealRefusal, SealReply } from './messages.ts';

export type { LedgerEntry, SealStatus } from './messages.ts';

/** How long the page is left alone before the rest of the app is stored for offline use. */
const fillAfterMs = 3_000;

export interface SealEvents {
  /** A new version is installed and waits; `apply` switches to it and reloads. */
  readonly onUpdate: (apply: () => void) => void;
}

/** The service worker does not do what it was asked to. */
export class Refused extends LabError {
  /** How long to wait before asking again, if that may help, in milliseconds. */
  readonly waitMs: number | null;

  constructor({ refused, advice = 'Check the name or the address.', waitMs }: SealRefusal) {
    super('bad-input', refused, { advice });
    this.waitMs = waitMs ?? null;
  }
}

/**
 * Ask the service worker.
 * @throws LabError 'not-supported' when none controls this page; Refused, a LabError 'bad-input', with its reason.
 */
export async function askSeal<M extends SealMessage>(message: M): Promise<SealAnswer<M['type']>> {
  const controller = navigator.serviceWorker?.controller;
  if (!controller)
    throw new LabError('not-supported', 'The seal is not active on this page.', {
      advice: 'Reload the page once. If that does not help, the browser does not allow service workers here.',
    });
  const { port1, port2 } = new MessageChannel();
  const reply = await new Promise<SealReply<M['type']>>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data as SealReply<M['type']>);
    controller.postMessage(message, [port2]);
  });
  port1.close();
  if ('refused' in reply) throw new Refused(reply);
  return reply;
}

/**
 * Start the service worker. On hosts that cannot send isolation headers the page reloads itself once, as soon as the
 * service worker can add them; a browser where that does not help is not reloaded again.
 */
export async function startSeal({ onUpdate }: SealEvents): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const workbox = new Workbox((await scriptInCharge()).href);
  workbox.addEventListener('waiting', () =>
    onUpdate(() => {
      workbox.addEventListener('controlling', () => location.reload());
      workbox.messageSW({ type: 'activate' } satisfies SealMessage);
    }),
  );
  const reloaded = wasReloaded();
  if (!crossOriginIsolated && !reloaded)
    navigator.serviceWorker.addEventListener('controllerchange', reloadOnce, { once: true });
  const registration = await workbox.register();
  if (!navigator.serviceWorker.controller)
    registration?.active?.postMessage({ type: 'claim' } satisfies SealMessage);
  setTimeout(() => void fill(), fillAfterMs);
}

/** How long the service worker may take to say whether a mirror is set, before the app starts without the answer. */
const answerMs = 3_000;

/** The script to register: another one while a mirror is set, whichever is in charge. */
async function scriptInCharge(): Promise<URL> {
  const registration = await navigator.serviceWorker.getRegistration();
  const silence = new Promise<null>((resolve) => setTimeout(resolve, answerMs, null));
  const answer = await Promise.race([askSeal({ type: 'mirror' }).catch(() => null), silence]);
  return new URL(scriptFor(answer, registration?.active?.scriptURL), document.baseURI);
}

/**
 * @param answer what the service worker says of the mirror; `null` if it says nothing
 * @param active address of the script in charge, which then decides
 */
export function scriptFor(answer: SealAnswer<'mirror'> | null, active: string | undefined): string {
  const isMirror = answer ? answer.address !== null : active?.endsWith(`/${mirrorWorkerFile}`) === true;
  return isMirror ? mirrorWorkerFile : serviceWorkerFile;
}

/** The mark of an automatic reload. It lives in the history entry, because isolation swaps the session storage. */
const reloadMark = 'reloaded for isolation';

function reloadOnce(): void {
  history.replaceState(reloadMark, '');
  location.reload();
}

/** Whether this page is the result of an automatic reload. Clears the mark, so that a later forced reload gets one. */
function wasReloaded(): boolean {
  const marked = history.state === reloadMark;
  if (marked) history.replaceState(null, '');
  return marked;
}

/** Store the other files that this device can use. After a full disk or a lost network the next visit goes on. */
async function fill(): Promise<void> {
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) return;
  const webgpu = (await navigator.gpu?.requestAdapter()) != null;
  await askSeal({ type: 'fill', webgpu }).catch((error: unknown) => console.info('Not yet stored:', error));
}
