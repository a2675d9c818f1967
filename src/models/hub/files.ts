/**
 * @file Downloads the files of a repository, one after the other, each checked against the hash of the repository's own
 * list. They stay in parts on this device until something is made of them. Nothing is used before its hash was right:
 * a file that arrived damaged is dropped and fetched once more.
 */
import { LabError } from '../../core/errors.ts';
import { agreedFiles, dropParts, fetchFromHub, type HubDownloadOptions } from './download.ts';
import type { HubFile } from './addresses.ts';
import { progressMeter, type Advance } from '../import/progress.ts';

export interface HubProgress extends Advance {
  /** What is arriving. */
  readonly file: string;
  /** How long the hub asked to wait, in milliseconds; `null` while bytes arrive. */
  readonly waitMs: number | null;
}

export interface HubFilesOptions extends Omit<HubDownloadOptions, 'onWait'> {
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
}

/**
 * @param folder absolute address of the repository's files on this site
 * @param paths that the user agreed to
 * @returns their entries in the list
 * @throws LabError 'bad-model' for a file that arrived damaged twice; 'disk-full', after which nothing is kept;
 *   'storage-failed', 'unreachable' or the signal's reason, after which what has arrived is kept
 */
export async function downloadHubFiles(
  folder: string,
  paths: readonly string[],
  options: HubFilesOptions = {},
): Promise<readonly HubFile[]> {
  const { onProgress } = options;
  const list = await agreedFiles(folder, paths[0] ?? 'The model', options);
  const files = paths.map((path) => {
    const file = list.find((listed) => listed.path === path);
    if (file) return file;
    throw new LabError('unknown-model', `${path} is not on the list that was agreed to.`, {
      advice: 'Ask for the list of files again.',
    });
  });
  const meter = progressMeter(
    files.reduce((sum, { bytes }) => sum + bytes, 0),
    () => performance.now(),
  );
  try {
    for (const { path } of files) {
      const report = (bytes: number, waitMs: number | null) =>
        onProgress?.({ ...meter(bytes), file: path, waitMs });
      await downloadTwice(folder + path, options, report);
    }
  } catch (error) {
    if (error instanceof LabError && error.code === 'disk-full')
      for (const { path } of files) await dropParts(folder + path, options.fetch).catch(() => {});
    throw error;
  }
  return files;
}

type Report = (bytes: number, waitMs: number | null) => void;

async function downloadTwice(url: string, options: HubFilesOptions, report: Report): Promise<void> {
  let read = 0;
  const count = (bytes: number) => {
    read += bytes;
    report(bytes, null);
  };
  try {
    await drain(url, options, count, report);
  } catch (error) {
    if (!(error instanceof LabError && error.code === 'bad-model')) throw error;
    report(-read, null);
    await drain(url, options, count, report);
  }
}

async function drain(
  url: string,
  options: HubFilesOptions,
  count: (bytes: number) => void,
  report: Report,
): Promise<void> {
  const response = await fetchFromHub(url, { ...options, onWait: (ms) => report(0, ms) });
  const reader = response.body!.getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
    count(chunk.value.byteLength);
}

/** A file of which a part is missing, though it was downloaded. */
export const incomplete = (name: string, path: string): LabError =>
  new LabError('unknown-model', `${path} of ${name} is not whole on this device.`, {
    advice: 'Download it again; what has arrived is kept.',
  });
