/** @file The app's network requests, as its service worker counted them. */
import { createContext } from 'svelte';
import type { LedgerEntry } from '../../lab/seal/page-client.ts';

export interface LedgerReport {
  readonly sealed: boolean;
  readonly entries: readonly LedgerEntry[];
  /** Files of the app on this device, of all that it needs to work without a network. */
  readonly stored: number;
  readonly total: number;
}
/** Asks the service worker; `null` when none is in charge of the page. */
export type ReadLedger = () => Promise<LedgerReport | null>;

export const isRefusal = ({ reason }: LedgerEntry): boolean => reason.startsWith('refused');

export class Ledger {
  report = $state.raw<LedgerReport | null>(null);
  /** Whether the worker has been asked at least once. */
  asked = $state(false);
  readonly #read: ReadLedger;
  readonly #host: string;

  /** @param host the site's own host, whose requests stay inside */
  constructor(read: ReadLedger, host: string) {
    this.#read = read;
    this.#host = host;
  }

  refresh = async (): Promise<void> => {
    this.report = await this.#read();
    this.asked = true;
  };

  isOutside = (entry: LedgerEntry): boolean => entry.host !== this.#host;
  /** Requests that reached another host than the site's own; those the seal refused did not. */
  readonly #passed = $derived(
    (this.report?.entries ?? []).filter((entry) => this.isOutside(entry) && !isRefusal(entry)),
  );
  readonly requestsOut = $derived(this.#passed.reduce((sum, { requests }) => sum + requests, 0));
  readonly bytesIn = $derived(this.#passed.reduce((sum, { bytes }) => sum + bytes, 0));
  readonly sealed = $derived(this.report?.sealed ?? true);
}

export const [getLedger, setLedger] = createContext<Ledger>();
