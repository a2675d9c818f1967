/** @file What the page may ask of the service worker, and what it answers. */

/** Requests to one host for one reason, added up since the app was installed. */
export interface LedgerEntry {
  readonly host: string;
  /** Why: `app files`, `from this device`, `model <id>`, `refused`. */
  readonly reason: string;
  readonly requests: number;
  /** Bytes received over the network. */
  readonly bytes: number;
  /** Time of the latest request, ISO 8601. */
  readonly at: string;
}

export interface AirlockRequest {
  /** Shown in the ledger. */
  readonly model: string;
  /** Every URL that may be fetched starts with one of these; each is https, on a model hub, and ends in a slash. */
  readonly prefixes: readonly string[];
  /** Bytes the user agreed to; `null` when the hub did not say. */
  readonly bytes: number | null;
}

export type SealMessage =
  | { readonly type: 'ledger' }
  | { readonly type: 'status' }
  | ({ readonly type: 'airlock-open' } & AirlockRequest)
  | { readonly type: 'airlock-close' }
  /** Store everything this device can run, so that the network is never needed again. */
  | { readonly type: 'fill'; readonly webgpu: boolean }
  /** Check the files of the app on this device, from number `first` on, and fetch those that are wrong. */
  | { readonly type: 'repair'; readonly first: number }
  /** Let a waiting new version take over. */
  | { readonly type: 'activate' }
  /** Take control of pages that a forced reload left uncontrolled. */
  | { readonly type: 'claim' };

export interface SealStatus {
  readonly sealed: boolean;
  /** Model the airlock is open for. */
  readonly model: string | null;
  /** Files of the app on this device, of all that it will keep. */
  readonly stored: number;
  readonly total: number;
}

/** Result of checking some of the files. */
export interface RepairStep {
  /** Number of the file to go on with; equal to `total` at the end. */
  readonly next: number;
  readonly total: number;
  /** Files whose copy was damaged and is right now. */
  readonly replaced: readonly string[];
  /** Files that were missing and are here now. */
  readonly added: readonly string[];
  readonly failed: readonly { readonly file: string; readonly reason: string }[];
}

/** Answers, by the type of the message asked; messages not listed answer with `{ ok: true }`. */
export interface SealAnswers {
  readonly ledger: { readonly entries: readonly LedgerEntry[]; readonly sealed: boolean };
  readonly status: SealStatus;
  readonly repair: RepairStep;
}
export type SealAnswer<T extends SealMessage['type']> = T extends keyof SealAnswers
  ? SealAnswers[T]
  : { readonly ok: true };

/** An answer, or the reason why there is none. */
export type SealReply<T extends SealMessage['type']> = SealAnswer<T> | { readonly refused: string };
