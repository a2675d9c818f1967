/** @file The page's side of the airlock: asks which files a model takes, opens for them alone, and closes again. */
import type { ModelEntry, ModelSource } from '../../models/catalog.ts';
import { computeDeviceOf, type ComputeDevice } from '../../models/compute-device.ts';
import { parseObject } from '../../models/files.ts';
import { hubFolder, repositoriesOf, type HubFile } from '../../models/hub/addresses.ts';
import { webLlmFiles } from '../../models/hub/choice.ts';
import { hubNameText } from '../../models/hub/name.ts';
import type { HubPlan } from '../../models/hub/plan.ts';
import { patiently } from '../../models/hub/wait.ts';
import type { AirlockRequest, HubList } from './messages.ts';
import { askSeal, Refused } from './page-client.ts';

export type { BegunDownload } from './messages.ts';

/** Files of one repository, for the user to see before agreeing. */
export interface Offer {
  readonly folder: string;
  readonly host: string;
  readonly repo: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** What becomes of them: `engine`, an engine keeps them itself; else as in `HubPlan`. */
  readonly how: HubPlan['how'] | 'engine';
}

interface Asking {
  readonly signal?: AbortSignal | undefined;
  /** Called with how long a hub asked to wait, in milliseconds, when the pause begins. */
  readonly onWait?: ((ms: number) => void) | undefined;
}

/** Hosts that loading `entry` asks; empty for models of this site. */
export const hostsOf = ({ source }: ModelEntry): readonly string[] => [
  ...new Set(repositoriesOf(source).map(({ host }) => host)),
];

/** The name of a model of the hub: `org/name` or `org/name:file.gguf`. */
export const hubNameOf = ({ repo, file }: Extract<ModelSource, { kind: 'hub' }>): string =>
  hubNameText({ repo, file: file ?? null });

/** Whether every file of each model is on this device; `null` for models of a site, and where no seal is active. */
export async function storedOnDevice(entries: readonly ModelEntry[]): Promise<readonly (boolean | null)[]> {
  const folders = entries.map(({ source }) => repositoriesOf(source).map(hubFolder));
  const answer = await askSeal({ type: 'hub-stored', folders: folders.flat() }).catch(() => null);
  const stored = new Map(folders.flat().map((folder, index) => [folder, answer?.stored[index] ?? null]));
  return folders.map((own) => {
    const found = own.map((folder) => stored.get(folder) ?? null);
    return found.length === 0 || found.includes(null) ? null : found.every(Boolean);
  });
}

const waitOf = (error: unknown) => (error instanceof Refused ? error.waitMs : null);

/**
 * Ask the hosts for the files of a model, in a form that this device can compute. This leaves the tab: one request per repository, which names it, and one for
 * the configuration of a model of the hub, which says whether and how it can be used.
 * @throws Refused, a LabError, with the reason; LabError 'not-supported' for a model that nothing here can run, and
 *   without a service worker; or the signal's reason
 */
export async function askForFiles(
  { source }: ModelEntry,
  kind: ComputeDevice['kind'],
  asking: Asking = {},
): Promise<readonly Offer[]> {
  const repositories = repositoriesOf(source);
  const { lists } = await patiently(() => askSeal({ type: 'hub-lists', repositories }), waitOf, asking);
  if (source.kind !== 'hub')
    return lists.map((list) => offerOf(list, { how: 'engine', files: webLlmFiles(list.files) }));
  const [list] = lists as [HubList];
  const { folder } = list;
  const ask = () => askSeal({ type: 'hub-config', folder });
  const text = source.file === undefined ? (await patiently(ask, waitOf, asking)).text : null;
  const device = await computeDeviceOf(kind);
  const { planHubFiles } = await import('../../models/hub/plan.ts');
  const config = text === null ? null : parseObject('config.json', text);
  const name = { repo: source.repo, file: source.file ?? null };
  return [offerOf(list, planHubFiles(name, list.files, { device, config }))];
}

const offerOf = (
  { folder, commit, repository: { host, repo } }: HubList,
  { how, files }: Pick<Offer, 'how' | 'files'>,
): Offer => ({ folder, host, repo, commit, files, how });

/**
 * Do `work` with the airlock open, and close it whatever happens.
 * @param work says whether everything that is needed has arrived
 * @throws LabError 'not-supported' without a service worker; Refused
 */
export async function throughAirlock(request: AirlockRequest, work: () => Promise<boolean>): Promise<void> {
  const { token } = await askSeal({ type: 'airlock-open', ...request });
  let loaded = false;
  try {
    loaded = await work();
  } finally {
    await askSeal({ type: 'airlock-close', token, loaded });
  }
}

/** Downloads that were cut off or cancelled; none where no seal is active. */
export const begunDownloads = async () =>
  (await askSeal({ type: 'hub-begun' }).catch(() => ({ begun: [] }))).begun;

/** Delete what has arrived of a repository's files. */
export const dropDownload = async (folder: string): Promise<void> =>
  void (await askSeal({ type: 'hub-drop', folder }));

/** Address that is asked in place of the hub, `null` for none, and where no seal is active. */
export const mirrorInUse = async (): Promise<string | null> =>
  (await askSeal({ type: 'mirror' }).catch(() => ({ address: null }))).address;
