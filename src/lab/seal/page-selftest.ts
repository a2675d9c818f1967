/**
 * @file Tries every way out of the page against a host that does not exist, and tells by whom each was refused: by what
 * the browser, the page's watch and the service worker report, not by what the page believes.
 */
import { channels } from './page-channels.ts';
import { askSeal } from './page-client.ts';

export interface ChannelResult {
  readonly title: string;
  /** `unseen`: nothing reported it; it was refused without a word, or got out. */
  readonly refusedBy: 'policy' | 'watch' | 'service worker' | 'browser lacks it' | 'unseen';
}

/** Hosts that are tried. The first can never exist; the others are hubs, which the airlock keeps out. */
export const testedHosts = ['sink.invalid', 'huggingface.co'] as const;

/** How long a report of the last tries may take. */
const settleMs = 1_500;

const addressOf = (host: string, run: string, index: number) => `https://${host}/sealed-${run}-${index}-`;

/** What was refused so far, by the ledger. */
async function refusals() {
  const { entries } = await askSeal({ type: 'ledger' });
  return entries
    .filter(({ reason }) => reason.startsWith('refused'))
    .map(({ address, reason, requests }) => ({ address, reason, key: `${address} ${reason} ${requests}` }));
}

function refuserOf(reason: string | undefined): ChannelResult['refusedBy'] {
  if (reason === undefined) return 'unseen';
  if (reason.includes('policy')) return 'policy';
  return reason.includes('another host') ? 'service worker' : 'watch';
}

/** @returns results by host, in the order of the channels; takes some seconds */
export async function testSeal(): Promise<Readonly<Record<string, readonly ChannelResult[]>>> {
  const run = Date.now().toString(36);
  const before = new Set((await refusals()).map(({ key }) => key));
  const errors = (event: Event) => event.preventDefault();
  window.addEventListener('error', errors);
  for (const host of testedHosts)
    for (const [index, channel] of channels.entries()) {
      if (channel.needs !== undefined && !(channel.needs in window)) continue;
      try {
        Promise.resolve(channel.try(addressOf(host, run, index))).catch(() => {});
      } catch {
        // Refused at once; who did it is in the reports.
      }
      // One after the other, so that the page stays usable.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  window.removeEventListener('error', errors);
  const after = (await refusals()).filter(({ key }) => !before.has(key));
  return Object.fromEntries(
    testedHosts.map((host) => [
      host,
      channels.map(({ title, needs }, index): ChannelResult => {
        if (needs !== undefined && !(needs in window)) return { title, refusedBy: 'browser lacks it' };
        const path = addressOf(host, run, index).slice('https:'.length);
        const seen = after.find(
          ({ address, reason }) =>
            address.includes(path) || (reason.includes(title) && address.endsWith(`:${host}`)),
        );
        return { title, refusedBy: refuserOf(seen?.reason) };
      }),
    ]),
  );
}
