/** @file What the page may ask of the service worker, and what it answers. */
import type { ModelTask } from '../../models/catalog.ts';
import type { HubFile, HubRepository } from '../../models/hub/addresses.ts';
import type { AppFile } from './app-file.ts';

/** Requests to one address for one reason, added up since the app was installed. */
export interface LedgerEntry {
  /** Full for other hosts, a path for this site. Rows of earlier versions name a host only. */
  readonly address: string;
  readonly host: string;
  /** Why: `app files`, `from this device`, `file list of …`, `model …`, `refused: …`. */
  readonly reason: string;
  readonly requests: number;
  /** How many of them ended without the answer that was asked for. */
  readonly failures: number;
  /** Bytes received over the network. */
  readonly bytes: number;
  /** Time of the latest request, ISO 8601. */
  readonly at: string;
}

/** The files of a repository, as its host lists them. */
export interface HubList {
  readonly repository: HubRepository;
  /** Relative to the site's root; names the repository at its revision. */
  readonly folder: string;
  /** What the revision stood for when it was asked. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** A list with only the files that the user agreed to. */
export interface AgreedList extends HubList, ModelToBe {
  /** Paths of the files that a load has taken; empty until a load was done. */
  readonly taken: readonly string[];
}

/** Files of a repository of which some parts have arrived, and that no model is made of yet. */
export interface BegunDownload extends Pick<HubList, 'repository' | 'folder' | 'commit'>, ModelToBe {
  /** Files that were agreed to. */
  readonly paths: readonly string[];
  /** Of all of them. */
  readonly bytes: number;
  readonly arrivedBytes: number;
}

/** The stored model that is to be made of files; nothing for those of engines. */
export interface ModelToBe {
  /** `org/name`, or `org/name:file.gguf`. */
  readonly name?: string | undefined;
  readonly task?: ModelTask | undefined;
}

export interface AgreedFiles extends ModelToBe {
  readonly folder: string;
  /** Of the list that was shown. */
  readonly commit: string;
  readonly paths: readonly string[];
}

export interface AirlockRequest {
  /** Shown in the ledger. */
  readonly model: string;
  /** Files the user agreed to, by folder; each is on the list that the repository's host gave. */
  readonly files: readonly AgreedFiles[];
}

export type SealMessage =
  | { readonly type: 'ledger' }
  | { readonly type: 'status' }
  /** Ask the hosts of repositories for their lists of files. */
  | { readonly type: 'hub-lists'; readonly repositories: readonly HubRepository[] }
  /** Whether everything that loading from these folders took is on this device. */
  | { readonly type: 'hub-stored'; readonly folders: readonly string[] }
  /** Ask for the `config.json` of a repository whose list was asked for, to know which of its files are of use. */
  | { readonly type: 'hub-config'; readonly folder: string }
  | { readonly type: 'hub-begun' }
  /** Drop what has arrived of a folder's files. */
  | { readonly type: 'hub-drop'; readonly folder: string }
  /** Ask this address in place of the Hugging Face Hub from now on; `null`: the hub itself. */
  | { readonly type: 'mirror-set'; readonly address: string | null }
  | { readonly type: 'mirror' }
  | ({ readonly type: 'airlock-open' } & AirlockRequest)
  /**
   * `loaded`: the model is in memory, so that what has arrived is all that it needs. `token`: of the opening that is to
   * end; nothing happens if another has taken its place.
   */
  | { readonly type: 'airlock-close'; readonly token: string; readonly loaded: boolean }
  /** Something on the page tried to reach `address` in a way that only the page sees, and was refused. */
  | { readonly type: 'attempt'; readonly address: string; readonly how: string }
  /** Store everything this device can run, so that the network is never needed again. */
  | { readonly type: 'fill'; readonly webgpu: boolean }
  | { readonly type: 'files' }
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
  readonly 'hub-lists': { readonly lists: readonly HubList[] };
  /** By folder. */
  readonly 'hub-stored': { readonly stored: readonly boolean[] };
  /** `null`: the repository has none. */
  readonly 'hub-config': { readonly text: string | null };
  readonly 'hub-begun': { readonly begun: readonly BegunDownload[] };
  readonly mirror: { readonly address: string | null };
  readonly 'airlock-open': { readonly token: string };
  /** Of the app, as the build listed them. */
  readonly files: { readonly files: readonly AppFile[] };
  readonly repair: RepairStep;
}
export type SealAnswer<T extends SealMessage['type']> = T extends keyof SealAnswers
  ? SealAnswers[T]
  : { readonly ok: true };

/** Why there is no answer. */
export interface SealRefusal {
  readonly refused: string;
  /** What to do about it, as a sentence. */
  readonly advice?: string;
  /** How long to wait before asking again, if that may help, in milliseconds. */
  readonly waitMs?: number;
}
export type SealReply<T extends SealMessage['type']> = SealAnswer<T> | SealRefusal;
