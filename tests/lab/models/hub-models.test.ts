/** Models of a hub that stands on this computer, downloaded by the rules of the service worker and stored as the page does. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { diskParts } from '../../../scripts/cli/hub/disk-parts.ts';
import { keptLists, type AgreedLists } from '../../../scripts/cli/hub/kept-lists.ts';
import { openHub, site, type Hub } from '../../../scripts/cli/hub/open-hub.ts';
import { createHubModels, type HubModelFiles } from '../../../src/lab/models/hub-models.ts';
import { createModelStore, type ModelStore } from '../../../src/lab/models/model-store.ts';
import { findModel } from '../../../src/lab/plan/find-models.ts';
import { storedEntries } from '../../../src/models/stored-entry.ts';
import { downloadHubFiles, type HubFilesOptions } from '../../../src/models/hub/files.ts';
import type { HubParts } from '../../../src/models/hub/parts.ts';
import { hubFolder, partBytes, type HubFile } from '../../../src/models/hub/addresses.ts';
import { openStubHub, type Interference, type StubHub } from '../../e2e/stub-hub.ts';
import { failureOf } from '../../models/import/brought.ts';
import { tinyConfig, tinyFolder, tinyWeights } from '../../models/tiny-model.ts';
import { stubFiles, type MemoryFiles } from './memory-files.ts';

const repo = 'org/tiny';
const repository = { host: 'huggingface.co', repo, revision: 'main' } as const;
const folder = hubFolder(repository);
/** Weights of three parts. */
const config = { ...tinyConfig, vocabSize: 70_000 };
const published = tinyFolder(config, tinyWeights(config));
const weights = published.get('model.safetensors')!;
const lastPart = Math.ceil(weights.byteLength / partBytes) - 1;
const paths = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const brought: HubModelFiles = {
  name: repo,
  folder,
  paths,
  commit: 'c0ffee'.padEnd(40, '0'),
  how: 'import',
  task: 'text-generation',
  mirror: null,
};

let stub: StubHub;
let place: string;
let parts: HubParts;
let hub: Hub;
let disk: MemoryFiles;
let store: ModelStore;
beforeAll(async () => {
  stub = await openStubHub({ tls: false });
});
afterAll(() => stub.close());
beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'glovebox-hub-'));
  parts = diskParts(place);
  stub.interfere = null;
  stub.repositories.clear();
  stub.repositories.set(repo, new Map(published));
  disk = stubFiles();
  store = createModelStore(() => new Date('2026-11-26T08:00:00Z'));
  await connect();
});
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(place, { recursive: true });
});

/** As after a reload: nothing is remembered but the parts that arrived. */
async function connect(lists?: AgreedLists): Promise<void> {
  hub = openHub({ parts, mirror: stub.address, lists });
  await hub.gate.lists([repository]);
  expect(
    await hub.gate.open({ model: repo, files: [{ folder, commit: brought.commit, paths }] }, 'page'),
  ).toHaveProperty('token');
  stub.requests.length = 0;
}
const download = (options: HubFilesOptions = {}) =>
  downloadHubFiles(site + folder, paths, { fetch: hub.fetch, waitsMs: [0, 0, 0], ...options });
const models = () => createHubModels({ store, parts, site, fetch: hub.fetch });
/** Requests for parts of the weights that the hub itself answered. */
const asked = () =>
  stub.requests.filter(({ url }) => url.startsWith('/cdn/') && url.includes('model.safetensors'));
const firstByte = (range: string | null) => Number(/\d+/.exec(range ?? '')?.[0]);
/** Acts on answers with a part of the weights; `act` says whether it answered. */
const onPart =
  (act: (...given: [index: number, ...Parameters<Interference>]) => boolean): Interference =>
  (request, response, socket) =>
    request.url.startsWith('/cdn/') && request.url.includes('model.safetensors') && request.range !== null
      ? act(firstByte(request.range) / partBytes, request, response, socket)
      : false;

test('a model is stored, weights once; plans may call it by its repository, and nothing of the download is left', async () => {
  await models().download(brought, {});
  const model = await models().import(brought, {});
  expect(model).toMatchObject({
    title: 'tiny',
    repository: repo,
    origin: 'huggingface.co/org/tiny at c0ffee000000',
    dtype: 'F16',
  });
  expect(readdirSync(place)).toEqual([]);
  expect([...disk.files().keys()].filter((path) => path.endsWith('.safetensors'))).toHaveLength(1);
  await store.verify(model.id);
  const [entry] = storedEntries(await store.list(), []);
  expect(findModel({ models: [entry!], hub: [] }, repo)).toEqual({ ...entry, id: repo });
  expect(entry).toMatchObject({ access: 'white-box', source: { kind: 'stored', repository: repo } });
});

test('a model that came from a mirror says so', async () => {
  await models().download(brought, {});
  const { origin } = await models().import({ ...brought, mirror: 'https://mirror.example' }, {});
  expect(origin).toBe('huggingface.co/org/tiny at c0ffee000000, from the mirror https://mirror.example');
});

test('a repository made for ONNX Runtime is stored file by file as it is published', async () => {
  const onnx = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'];
  await hub.gate.open({ model: repo, files: [{ folder, commit: brought.commit, paths: onnx }] }, 'page');
  const files: HubModelFiles = { ...brought, how: 'keep', paths: onnx };
  await models().download(files, {});
  const model = await models().import(files, {});
  expect(model).toMatchObject({ dtype: 'as-published', parameters: null, architecture: 'llama' });
  for (const path of onnx)
    expect(disk.files().get(`models/${model.id}/${path}`)).toBe(published.get(path)!.byteLength);
  await store.verify(model.id);
  expect(storedEntries([model], [])[0]).toMatchObject({ runtimes: ['transformers'], access: 'grey-box' });
});

describe('a connection that is cut', () => {
  test('at ten places, all over the file, costs the parts under way and no others', async () => {
    let cuts = 0;
    stub.interfere = onPart((index, request, response, socket) => {
      if (cuts >= 10) return false;
      const at = Math.floor((partBytes * (cuts++ * 37)) / 400) % (weights.byteLength - index * partBytes);
      response.writeHead(206, { 'Content-Length': partBytes, 'Content-Range': `bytes ${request.range}` });
      response.write(weights.subarray(index * partBytes, index * partBytes + at), () => socket.destroy());
      return true;
    });
    let tries = 0;
    for (let whole = false; !whole; tries++) {
      await connect();
      whole = await download().then(
        () => true,
        () => false,
      );
    }
    expect([cuts, tries < 10]).toEqual([10, true]);
    await connect();
    await download();
    expect(asked()).toEqual([]);
    const list = (await (await hub.fetch(site + folder)).json()) as HubFile[];
    const whole = await parts.whole(list.find(({ path }) => path === 'model.safetensors')!);
    expect(Buffer.compare(new Uint8Array(await whole!.arrayBuffer()), weights)).toBe(0);
  });

  test('for good leaves what has arrived, and the next try asks for the rest alone', async () => {
    stub.interfere = onPart((index, _request, _response, socket) => index === lastPart && !!socket.destroy());
    expect(await failureOf(download())).toMatch(/^unreachable.*could not be reached.*is kept/);
    stub.interfere = null;
    await connect();
    await download();
    expect(asked().map(({ range }) => firstByte(range) / partBytes)).toEqual([lastPart]);
  });
});

describe('a file with another hash than the list states', () => {
  const flipped = Uint8Array.from(weights);
  flipped[partBytes + 7]! ^= 1;
  const flip = (times: number) => {
    let left = times;
    stub.interfere = onPart((index, { range }, response) => {
      if (index !== 1 || left-- <= 0) return false;
      const part = flipped.subarray(partBytes, Math.min(2 * partBytes, flipped.byteLength));
      const [, , last] = /(\d+)-(\d+)/.exec(range!)!;
      const header = `bytes ${partBytes}-${last}/${flipped.byteLength}`;
      response.writeHead(206, { 'Content-Length': part.byteLength, 'Content-Range': header }).end(part);
      return true;
    });
  };

  test('because of one flipped byte is fetched again, whole and once', async () => {
    flip(1);
    await download();
    expect(asked()).toHaveLength(2 * (lastPart + 1));
    expect(await models().import(brought, {})).toMatchObject({ repository: repo });
  });

  test('again and again is never used: a clear error, and nothing of it is kept', async () => {
    flip(Infinity);
    expect(await failureOf(download())).toMatch(/^bad-model.*model\.safetensors arrived damaged/);
    expect(asked()).toHaveLength(2 * (lastPart + 1));
    expect(await failureOf(models().import(brought, {}))).toMatch(
      /model\.safetensors .*not whole on this device/,
    );
    expect(disk.files().size).toBe(0);
  });
});

test('a download that is cancelled keeps what has arrived, and goes on with it', async () => {
  const controller = new AbortController();
  const onProgress = ({ loadedBytes }: { readonly loadedBytes: number }) =>
    void (loadedBytes > partBytes && controller.abort());
  await expect(download({ signal: controller.signal, onProgress })).rejects.toMatchObject({
    name: 'AbortError',
  });
  const [begun] = await hub.gate.begun();
  expect(begun).toMatchObject({ repository, paths });
  expect(begun!.arrivedBytes).toBeGreaterThan(partBytes);
  await connect();
  await download();
  expect(asked().length).toBeLessThan(lastPart + 1);
  await hub.gate.drop(folder);
  expect([readdirSync(place), await hub.gate.begun()]).toEqual([[], []]);
});

test('what a newer list no longer names is dropped when it is agreed to, also by another command', async () => {
  const arrived = () => readdirSync(place).filter((name) => !name.endsWith('.json')).length;
  await connect(keptLists(place));
  await download();
  expect(arrived()).toBe(paths.length);
  stub.repositories.set(repo, new Map(published).set('config.json', new TextEncoder().encode('{}')));
  await connect(keptLists(place));
  expect(arrived()).toBe(paths.length - 1);
  await hub.gate.drop(folder);
  expect(readdirSync(place)).toEqual([]);
});

test('an import that is cancelled stores nothing, and the download need not be repeated', async () => {
  await download();
  const controller = new AbortController();
  const options = { signal: controller.signal, onProgress: () => controller.abort() };
  await expect(models().import(brought, options)).rejects.toMatchObject({ name: 'AbortError' });
  expect(disk.files().size).toBe(0);
  await connect();
  await download();
  expect(asked()).toEqual([]);
});

describe('a disk that fills up', () => {
  test('in the middle of a download says so, and what had arrived is deleted', async () => {
    const put = parts.put;
    let room = 3;
    parts.put = async (...given) => {
      if (room-- <= 0) throw new DOMException('Quota exceeded.', 'QuotaExceededError');
      await put(...given);
    };
    expect(await failureOf(download())).toMatch(/^disk-full: There is no room to store .*Free space/);
    expect(readdirSync(place)).toEqual([]);
  });

  test('is told from a store that fails for another reason, which leaves what had arrived', async () => {
    const put = parts.put;
    let writes = 2;
    parts.put = async (...given) => {
      if (writes-- <= 0) throw new DOMException('The operation failed.', 'UnknownError');
      await put(...given);
    };
    expect(await failureOf(download())).toMatch(/^storage-failed.*could not be stored.*is kept/);
    expect(readdirSync(place)).toHaveLength(2);
    parts.put = put;
    await connect();
    await download();
  });

  test('while the model is stored says so, and nothing of the model is left', async () => {
    await download();
    disk.room = 1_000_000;
    expect(await failureOf(models().import(brought, {}))).toMatch(/^disk-full/);
    expect(disk.files().size).toBe(0);
  });
});

describe('a hub that wants', () => {
  const refuse =
    (status: number, headers: Readonly<Record<string, string>> = {}): Interference =>
    (_request, response) => {
      response.writeHead(status, headers).end();
      return true;
    };

  test.each([401, 403])(
    'an account (%i): where to accept the licence, and the other way in',
    async (status) => {
      stub.interfere = refuse(status);
      const failure = await failureOf(download());
      expect(failure).toContain('at https://huggingface.co/org/tiny');
      expect(failure).toMatch(/Accept the licence there, download the files .* and bring them/);
      expect(stub.requests).toHaveLength(1);
      expect(await failureOf(hub.gate.config(folder))).toContain('accepted its licence');
      expect(await failureOf(hub.gate.lists([repository]))).toMatch(/no model org\/tiny .* not logged in/);
    },
  );

  test('to be left alone (429) is left alone as long as it says, and this is told', async () => {
    let refusals = 2;
    const times: number[] = [];
    stub.interfere = (request, response, socket) => {
      times.push(request.at);
      return refusals-- > 0 && !!refuse(429, { 'Retry-After': '1' })(request, response, socket);
    };
    const waits: number[] = [];
    await download({ onProgress: ({ waitMs }) => void (waitMs !== null && waits.push(waitMs)) });
    expect(waits).toEqual([1000, 1000]);
    expect(times[2]! - times[0]!).toBeGreaterThanOrEqual(1990);
  });

  test.each([
    ['for an hour', '3600', 1],
    ['again and again', '0', 9],
  ])('to be left alone %s is given up with its own words', async (_, seconds, requests) => {
    stub.interfere = refuse(429, { 'Retry-After': seconds });
    expect(await failureOf(download())).toMatch(
      /^unreachable.*asked too often \(429\).*Try again after that time/,
    );
    expect(stub.requests).toHaveLength(requests);
  });
});

test('a redirect to a host that is no hub is not followed', async () => {
  stub.interfere = (_request, response) => {
    response.writeHead(302, { Location: 'http://127.0.0.2:9/secret' }).end();
    return true;
  };
  expect(await failureOf(download())).toContain('which is no model hub');
});
