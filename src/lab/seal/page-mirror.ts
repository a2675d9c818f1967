/**
 * @file Asks a mirror in place of the hub. The service worker of a sealed site may only ask the hubs, which the browser
 * enforces; with a mirror, another script of the site takes its place, whose policy allows any https address, and the
 * airlock alone decides which is asked.
 */
import { LabError } from '../../core/errors.ts';
import { mirrorWorkerFile, serviceWorkerFile } from './policy.ts';
import { askSeal } from './page-client.ts';

/** How long the other script may take to be in charge. */
const patienceMs = 10_000;

/**
 * Set the mirror, or with `null` ask the hub itself again. The page has to be reloaded afterwards.
 * What is stored never says less than what the browser allows: the script that allows any address has gone before the
 * mirror is forgotten. If the change of scripts fails, all stays as it was.
 * @throws Refused, a LabError, for an address that cannot be one; LabError 'not-supported' without a service worker,
 *   'unreachable' if the other script could not take over
 */
export async function setMirror(address: string | null): Promise<void> {
  if (address === null) {
    if (!(await takeOver(serviceWorkerFile))) throw notReplaced();
    await askSeal({ type: 'mirror-set', address });
    return;
  }
  const { address: before } = await askSeal({ type: 'mirror' });
  await askSeal({ type: 'mirror-set', address });
  try {
    // One that takes longer is in charge after a reload.
    await takeOver(mirrorWorkerFile);
  } catch (error) {
    await askSeal({ type: 'mirror-set', address: before });
    throw error;
  }
}

const notReplaced = (cause?: unknown) =>
  new LabError('unreachable', 'The other service worker could not take over.', {
    advice: 'Check the connection to this site, close its other tabs, and try again. Nothing was changed.',
    cause,
  });

/** @returns whether it is in charge now @throws LabError 'unreachable' if it could not be fetched */
async function takeOver(file: string): Promise<boolean> {
  const container = navigator.serviceWorker;
  const isIt = (worker: ServiceWorker | null | undefined) => worker?.scriptURL.endsWith(`/${file}`) === true;
  const current = await container.getRegistration();
  if (isIt(current?.active)) return true;
  const inCharge = new Promise<void>((resolve) => {
    container.addEventListener('controllerchange', () => resolve(), { once: true });
    setTimeout(resolve, patienceMs);
  });
  const registration = await container.register(new URL(file, document.baseURI)).catch((cause: unknown) => {
    throw notReplaced(cause);
  });
  const worker = registration.installing ?? registration.waiting;
  if (!worker) return isIt(registration.active);
  await new Promise<void>((resolve) => {
    const look = () => worker.state === 'installing' || resolve();
    worker.addEventListener('statechange', look);
    look();
  });
  worker.postMessage({ type: 'activate' });
  await inCharge;
  return isIt(container.controller);
}
