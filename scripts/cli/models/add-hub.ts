/** @file Downloads a model of the hub and imports it into the cache of the command line. */
import { join } from 'node:path';
import { LabError } from '../../../src/core/errors.ts';
import type { ModelTask } from '../../../src/models/catalog.ts';
import { knownModels } from '../../../src/models/catalogue/known-models.ts';
import { hubEntries } from '../../../src/models/catalogue/offers.ts';
import { processor } from '../../../src/models/compute-device.ts';
import { parseObject } from '../../../src/models/files.ts';
import { downloadHubFiles, incomplete, type HubProgress } from '../../../src/models/hub/files.ts';
import { readMirror } from '../../../src/models/hub/mirror.ts';
import { hubNameText, hubOriginText, hubTitle, type HubName } from '../../../src/models/hub/name.ts';
import type { HubParts } from '../../../src/models/hub/parts.ts';
import { planHubFiles, type HubPlan } from '../../../src/models/hub/plan.ts';
import { inSeconds, patiently } from '../../../src/models/hub/wait.ts';
import { hubFolder } from '../../../src/models/hub/addresses.ts';
import { hashFiles } from '../../../src/models/import/hash-blob.ts';
import { identify, type Identity } from '../../../src/models/import/identify.ts';
import { checkReadable } from '../../../src/models/import/import-checkpoint.ts';
import { keepFiles } from '../../../src/models/import/keep-files.ts';
import { openCheckpoint } from '../../../src/models/import/open-checkpoint.ts';
import { importedId } from '../../../src/models/imported-id.ts';
import { OutsideFailure } from '../../../src/lab/seal/outside.ts';
import { diskParts } from '../hub/disk-parts.ts';
import { keptLists } from '../hub/kept-lists.ts';
import { openHub, site, type Hub } from '../hub/open-hub.ts';
import { clearPlace, importInto } from './add.ts';
import { cachedModels, cacheFolder, folderOf, keepRecord, type CachedModel } from './cache.ts';
import { folderWriter } from './folder-writer.ts';
import { damageOf, twinOf } from './intact.ts';

export interface HubOptions {
  /** Address of a mirror. Default: that of the environment variable `GLOVEBOX_MIRROR`, else the hub itself. */
  readonly mirror?: string | undefined;
}

/** A model that was imported from this repository before, at whatever revision. */
export const knownHubModel = (name: HubName): CachedModel | undefined =>
  cachedModels().find(({ source }) => source === hubNameText(name));

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const progressMs = 2_000;

/**
 * @throws LabError of the hub, of the reader or of the importer; what has arrived stays for the next try, unless the
 *   disk is full
 */
export async function addHubModel(name: HubName, options: HubOptions): Promise<CachedModel> {
  const downloads = join(cacheFolder(), 'downloads');
  const parts = diskParts(downloads);
  const asked = options.mirror ?? process.env['GLOVEBOX_MIRROR'] ?? '';
  const mirror = asked === '' ? null : readMirror(asked);
  const hub = openHub({ parts, mirror, lists: keptLists(downloads) });
  const answer = await ask(hub, name, mirror ?? 'https://huggingface.co');
  const { folder, commit, plan } = answer;
  const text = hubNameText(name);
  const paths = plan.files.map(({ path }) => path);
  const bytes = plan.files.reduce((sum, file) => sum + file.bytes, 0);
  console.error(
    `Downloading ${text} at ${commit.slice(0, 12)}: ${paths.length} files, ${megabytes(bytes)} …`,
  );
  const opened = await hub.gate.open({ model: text, files: [{ folder, commit, paths }] }, 'command line');
  if ('refused' in opened) throw new LabError('bad-input', opened.refused, { advice: 'Check the name.' });
  await downloadHubFiles(site + folder, paths, { fetch: hub.fetch, onProgress: printer() });
  const model = await store(text, answer, mirror, parts);
  await hub.gate.drop(folder);
  return model;
}

interface Answer {
  readonly folder: string;
  readonly commit: string;
  readonly plan: HubPlan;
}

async function ask({ gate }: Hub, name: HubName, address: string): Promise<Answer> {
  const repository = { host: 'huggingface.co', repo: name.repo, revision: 'main' } as const;
  const folder = hubFolder(repository);
  console.error(`Asking ${address} for the files of ${name.repo} …`);
  const onWait = (ms: number) => console.error(waiting(ms));
  const waitOf = (error: unknown) => (error instanceof OutsideFailure ? error.waitMs : null);
  try {
    const [list] = await patiently(() => gate.lists([repository]), waitOf, { onWait });
    const text = name.file === null ? await patiently(() => gate.config(folder), waitOf, { onWait }) : null;
    const config = text === null ? null : parseObject('config.json', text);
    return {
      folder,
      commit: list!.commit,
      plan: planHubFiles(name, list!.files, { device: processor, config }),
    };
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    throw new LabError('unreachable', error.message, {
      advice: 'Check the connection, or name a mirror with --mirror.',
      cause: error,
    });
  }
}

const waiting = (ms: number) => `The hub is asked too often; waiting ${inSeconds(ms)} as it says …`;

function printer(): (progress: HubProgress) => void {
  let printedAt = performance.now();
  return ({ loadedBytes, totalBytes, secondsLeft, waitMs }) => {
    if (waitMs !== null) return console.error(waiting(waitMs));
    if (performance.now() - printedAt < progressMs) return;
    printedAt = performance.now();
    const left = secondsLeft === null ? '' : `, about ${Math.ceil(secondsLeft)} s left`;
    console.error(`${megabytes(loadedBytes)} of ${megabytes(totalBytes)}${left}`);
  };
}

async function store(
  source: string,
  { commit, plan }: Answer,
  mirror: string | null,
  parts: HubParts,
): Promise<CachedModel> {
  const { how, files } = plan;
  const title = hubTitle(source);
  const blobs = new Map<string, Blob>();
  // Below a folder's name, as when the folder is brought from a disk: its id is then the same.
  for (const file of files) {
    const blob = await parts.whole(file);
    if (!blob) throw incomplete(source, file.path);
    blobs.set(how === 'keep' || files.length === 1 ? file.path : `${title}/${file.path}`, blob);
  }
  const told = { title, origin: hubOriginText(source, commit, mirror), repository: source };
  const checkpoint = how === 'import' ? await openCheckpoint(blobs) : null;
  if (checkpoint) checkReadable(checkpoint);
  const identity = checkpoint ? await identify(blobs, checkpoint, {}) : await identityOfKept(title, blobs);
  const { id, sourceSha256: sha256 } = identity;
  const same = cachedModels().find((model) => model.sha256 === sha256);
  const twin = same ? null : await twinOf(identity);
  if (twin) return twin;
  const model: CachedModel = { id: same?.id ?? id, source, sha256, files: same?.files ?? [] };
  const isHere = same !== undefined && (await damageOf(same)) === null;
  if (!isHere && checkpoint) await importInto(folderOf(model), checkpoint, { ...identity, ...told });
  if (!isHere && !checkpoint) {
    clearPlace(folderOf(model));
    await keepFiles(blobs, folderWriter(folderOf(model)), {
      ...told,
      id,
      sourceSha256: sha256,
      task: taskOf(source),
      now: () => new Date(),
    });
  }
  keepRecord(model);
  return model;
}

async function identityOfKept(title: string, blobs: ReadonlyMap<string, Blob>): Promise<Identity> {
  const sourceSha256 = await hashFiles(blobs, {});
  return { id: importedId(title, sourceSha256), title, sourceSha256, dtype: 'F16' };
}

/** What the catalogue says that a model does. */
const taskOf = (source: string): ModelTask =>
  hubEntries(knownModels).find(({ id }) => id === source)?.task ?? 'text-generation';
