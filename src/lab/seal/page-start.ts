/** @file Lets a worker start only where a policy stands around it. */
import { LabError } from '../../core/errors.ts';

/** How long the service worker may take to be in charge of the page. */
const patienceMs = 20_000;

/** Whether the script comes with a policy that keeps it to this site. */
async function carriesPolicy(scriptUrl: string): Promise<boolean> {
  const response = await fetch(scriptUrl, { method: 'HEAD', cache: 'no-cache' }).catch(() => null);
  const policy = response?.headers.get('content-security-policy') ?? '';
  return policy.includes("default-src 'none'") && policy.includes("connect-src 'self'");
}

/**
 * Resolves when a worker with this script is under a policy: the service worker adds one to every answer, and some
 * hosts send one themselves.
 * @throws LabError 'not-supported' if neither happens; the worker must then not start
 */
export async function policyStands(scriptUrl: string): Promise<void> {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (container?.controller || (await carriesPolicy(scriptUrl))) return;
  const inCharge = new Promise<boolean>((resolve) => {
    container?.addEventListener('controllerchange', () => resolve(true), { once: true });
    setTimeout(() => resolve(container?.controller != null), container ? patienceMs : 0);
  });
  if (!(await inCharge))
    throw new LabError('not-supported', 'The lab is not sealed on this page, so it computes nothing.', {
      advice:
        'Its service worker does not run. Reload the page, or allow service workers and site data for this site.',
    });
}
