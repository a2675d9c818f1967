/** @file The page's side of the airlock: asks which files a model takes, opens for them alone, and closes again. */
import type { ModelEntry } from '../../models/catalog.ts';
import { hubFolder, repositoriesOf, type HubFile } from '../../models/hub.ts';
import { gradientFiles, onnxFiles, webLlmFiles } from '../../models/hub-choice.ts';
import type { AirlockRequest, HubList } from './messages.ts';
import { askSeal } from './page-client.ts';

/** Files of one repository, for the user to see before agreeing. */
export interface Offer {
  readonly folder: string;
  readonly host: string;
  readonly repo: string;
  readonly files: readonly HubFile[];
  /** More files, which only methods that use gradients need. */
  readonly forGradients: readonly HubFile[];
}

/** Hosts that loading `entry` asks; empty for models of this site. */
export const hostsOf = ({ source }: ModelEntry): readonly string[] => [
  ...new Set(repositoriesOf(source).map(({ host }) => host)),
];

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

/**
 * Ask the hosts for the files of a model. This leaves the tab: one request per repository, which names it.
 * @throws LabError 'bad-input' with the reason, 'not-supported' without a service worker
 */
export async function askForFiles(
  { source }: ModelEntry,
  device: 'wasm' | 'webgpu',
): Promise<readonly Offer[]> {
  const { lists } = await askSeal({ type: 'hub-lists', repositories: repositoriesOf(source) });
  return lists.map(({ folder, repository: { host, repo }, files }: HubList) => ({
    folder,
    host,
    repo,
    files: source.kind === 'webllm' ? webLlmFiles(files) : onnxFiles(files, device),
    forGradients: source.kind === 'webllm' ? [] : gradientFiles(files),
  }));
}

/**
 * Do `work` with the airlock open, and close it whatever happens.
 * @param work says whether the model is loaded
 * @throws LabError 'not-supported' without a service worker, 'bad-input' when the request is refused.
 */
export async function throughAirlock(request: AirlockRequest, work: () => Promise<boolean>): Promise<void> {
  await askSeal({ type: 'airlock-open', ...request });
  let loaded = false;
  try {
    loaded = await work();
  } finally {
    await askSeal({ type: 'airlock-close', loaded });
  }
}
