/**
 * @file Asks a mirror in place of the hub. The service worker of a sealed site may only ask the hubs, which the browser
 * enforces; with a mirror, another script of the site takes its place, whose policy allows any https address, and the
 * airlock alone decides which is asked.
 */
import { mirrorWorkerFile, serviceWorkerFile } from './policy.ts';
import { askSeal } from './page-client.ts';

/** How long the other script may take to be in charge. */
const patienceMs = 10_000;

/**
 * Set the mirror, or with `null` ask the hub itself again. The page has to be reloaded afterwards.
 * @throws Refused, a LabError, for an address that cannot be one; LabError 'not-supported' without a service worker
 */
export async function setMirror(address: string | null): Promise<void> {
  await askSeal({ type: 'mirror-set', address });
  await takeOver(address === null ? serviceWorkerFile : mirrorWorkerFile);
}

async function takeOver(file: string): Promise<void> {
  const container = navigator.serviceWorker;
  const current = await container.getRegistration();
  if (current?.active?.scriptURL.endsWith(`/${file}`)) return;
  const inCharge = new Promise<void>((resolve) => {
    container.addEventListener('controllerchange', () => resolve(), { once: true });
    setTimeout(resolve, patienceMs);
  });
  const registration = await container.register(new URL(file, document.baseURI));
  const worker = registration.installing ?? registration.waiting;
  if (!worker) return;
  await new Promise<void>((resolve) => {
    const look = () => worker.state === 'installing' || resolve();
    worker.addEventListener('statechange', look);
    look();
  });
  worker.postMessage({ type: 'activate' });
  await inCharge;
}
