import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { StoredModel } from '../../../src/lab/records/stored-model.ts';
import type { LabClient } from '../../../src/lab/worker/lab-client.ts';
import { HubDownload, type HubModelFiles } from '../../../src/ui/models/hub-download.svelte.ts';

type Download = LabClient['downloadHubModel'];
type Import = LabClient['importHubModel'];

const files: HubModelFiles = {
  name: 'org/tiny',
  folder: 'hub/huggingface.co/org/tiny/main/',
  paths: ['config.json', 'model.safetensors'],
  commit: 'c0ffee',
  how: 'import',
  task: 'text-generation',
  mirror: null,
};
const repository = { host: 'huggingface.co', repo: 'org/tiny', revision: 'main' };
const begun = { repository, ...files, bytes: 10, arrivedBytes: 4 };
const model = { id: 'tiny@1', title: 'tiny' } as StoredModel;
/** What the service worker says of downloads. */
let listed: readonly unknown[];
beforeEach(() => {
  listed = [];
  const postMessage = ({ type }: { readonly type: string }, [port]: MessagePort[]) =>
    port!.postMessage(type === 'hub-begun' ? { begun: listed } : { ok: true });
  vi.stubGlobal('navigator', { serviceWorker: { controller: { postMessage } } });
});
afterEach(() => vi.unstubAllGlobals());

const done: Download = async () => ({ status: 'done', value: undefined });
const stores: Import = async () => ({ status: 'done', value: model });
const downloadsOf = (download: Download, store: Import = stores) => {
  const onstored = vi.fn(async () => {});
  const lab = { downloadHubModel: download, importHubModel: store };
  return { downloads: new HubDownload(lab, onstored), onstored };
};

test('what arrives is shown, and how long a busy hub is waited for', async () => {
  const seen: unknown[] = [];
  const { downloads, onstored } = downloadsOf(async (_files, { onProgress } = {}) => {
    const progress = {
      loadedBytes: 1,
      totalBytes: 10,
      bytesPerSecond: null,
      secondsLeft: null,
      file: 'config.json',
    };
    onProgress?.({ ...progress, waitMs: 7000 });
    seen.push([downloads.name, downloads.phase, downloads.progress?.loadedBytes, downloads.waitMs]);
    onProgress?.({ ...progress, waitMs: null });
    seen.push(downloads.waitMs);
    return { status: 'done', value: undefined };
  });
  expect(await downloads.download(files)).toBe(true);
  expect(seen).toEqual([['org/tiny', 'downloading', 1, 7000], null]);
  expect(await downloads.store(files)).toBe(model);
  expect([downloads.name, downloads.done, onstored.mock.calls.length]).toEqual([null, 'tiny', 1]);
});

test('a download that was cut off is listed, until what has arrived is deleted; files of engines are not', async () => {
  listed = [begun, { ...begun, folder: 'engine/', paths: ['params_shard_0.bin'] }];
  const failure = { status: 'failed', code: 'unreachable', message: 'Cut.', advice: 'Go on.' } as const;
  const { downloads } = downloadsOf(async () => failure);
  expect(await downloads.download(files)).toBe(false);
  expect([downloads.failure, downloads.begun]).toEqual([failure, [begun]]);
  listed = [];
  await downloads.drop(downloads.begun[0]!);
  expect(downloads.begun).toEqual([]);
});

test('a cancelled download says nothing when it ends', async () => {
  let signal: AbortSignal | undefined;
  const { downloads } = downloadsOf((_files, options) => {
    signal = options?.signal;
    return new Promise((resolve) =>
      signal!.addEventListener('abort', () => resolve({ status: 'cancelled' })),
    );
  });
  const ended = downloads.download(files);
  downloads.cancel();
  expect(await ended).toBe(false);
  expect([signal!.aborted, downloads.name, downloads.failure]).toEqual([true, null, null]);
});

test('a model that cannot be stored leaves the reason, and is not announced', async () => {
  const failure = { status: 'failed', code: 'disk-full', message: 'Full.', advice: 'Free space.' } as const;
  const { downloads, onstored } = downloadsOf(done, async () => failure);
  await downloads.download(files);
  expect(await downloads.store(files)).toBeNull();
  expect([downloads.failure, downloads.done, onstored.mock.calls.length]).toEqual([failure, null, 0]);
});
