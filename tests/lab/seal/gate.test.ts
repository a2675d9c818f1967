import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { faultHeader } from '../../../src/core/file-fault.ts';
import { LabError } from '../../../src/core/errors.ts';
import { createDownload } from '../../../src/lab/seal/download.ts';
import { createGate } from '../../../src/lab/seal/gate.ts';
import { createHubGate } from '../../../src/lab/seal/hub-gate.ts';
import { createSealStore } from '../../../src/lab/seal/ledger.ts';
import type { SealAnswer, SealMessage } from '../../../src/lab/seal/messages.ts';
import { sealHeaders } from '../../../src/lab/seal/policy.ts';
import { cachedParts } from '../../../src/models/hub/parts.ts';
import { createOfflineFiles } from '../../../src/lab/seal/offline-files.ts';
import { createOutside } from '../../../src/lab/seal/outside.ts';
import { createTally } from '../../../src/lab/seal/tally.ts';
import { partBytes } from '../../../src/models/hub/addresses.ts';
import { appFile, fakeServer, memoryCaches } from './doubles.ts';

const scope = 'https://site.example/lab/';
const repository = { host: 'huggingface.co', repo: 'org/name', revision: 'main' } as const;
const folder = 'hub/huggingface.co/org/name/main/';
const config = `${scope}models/tiny/config.json`;
const big = 'x'.repeat(partBytes + 100);
const gitBlob = (text: string) =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex');
const listed = (rfilename: string, text: string) => ({
  rfilename,
  size: Buffer.byteLength(text),
  blobId: gitBlob(text),
});
const commit = 'c0ffee'.padEnd(40, '0');
const resolved = `https://huggingface.co/org/name/resolve/${commit}/`;
const listAddress = 'https://huggingface.co/api/models/org/name/revision/main?blobs=true';
const files = {
  [`${scope}index.html`]: '<html>',
  [`${scope}repair.html`]: '<html>repair',
  [config]: '{}',
  [listAddress]: JSON.stringify({
    sha: commit,
    siblings: [listed('config.json', '{"hub":1}'), listed('model.onnx', big)],
  }),
  [`${resolved}config.json`]: '{"hub":1}',
  [`${resolved}model.onnx`]: big,
};
const manifest = [
  appFile('index.html', '1', '<html>'),
  appFile('models/tiny/config.json', '2', '{}'),
  appFile('repair.html', '3', '<html>repair'),
];
let databases = 0;

function gateOf(fetchOutside?: (url: string) => Promise<Response>, endpoints: readonly string[] = []) {
  const server = fakeServer({ ...files });
  const name = `gate-test-${databases++}`;
  const store = createSealStore(new URL(scope).origin, name);
  const held: Promise<unknown>[] = [];
  const caches = memoryCaches();
  const pages = new Set(['page-1']);
  const now = () => 0;
  const offlineFiles = createOfflineFiles(manifest, {
    caches,
    scope,
    version: 'v',
    download: createDownload(server.fetch, store, now),
  });
  const hub = createHubGate({
    store,
    parts: cachedParts(caches, scope),
    outside: createOutside({ fetch: fetchOutside ?? server.fetch, store, now }),
    scope,
    now,
    pageExists: async (id) => pages.has(id),
    keptElsewhere: async () => false,
  });
  const gate = createGate({
    files: offlineFiles,
    hub,
    store,
    tally: createTally(store, now, 0),
    scope,
    fetch: server.fetch,
    now,
    endpoints,
    hold: (work) => held.push(work),
  });
  const ask = async <M extends SealMessage>(message: M) =>
    (await gate.answer(message, 'page-1')) as SealAnswer<M['type']>;
  const settled = async () => {
    while (held.length > 0) await held.pop();
  };
  const ledger = async () => {
    await settled();
    return (await ask({ type: 'ledger' })).entries.map(({ address, reason, requests, failures, bytes }) =>
      [address, reason, requests, failures, bytes].join(' '),
    );
  };
  const open = async (paths: readonly string[] = ['config.json', 'model.onnx']) => {
    await ask({ type: 'hub-lists', repositories: [repository] });
    server.asked.length = 0;
    return ask({ type: 'airlock-open', model: 'org/name', files: [{ folder, commit, paths }] });
  };
  const hubFile = async (path: string, init: RequestInit = {}) => {
    const response = await gate.fetch(new Request(scope + folder + path, init));
    return { status: response.status, fault: response.headers.get(faultHeader), text: await response.text() };
  };
  return { gate, name, server, store, caches, pages, offlineFiles, ask, settled, ledger, open, hubFile };
}

test('every answer of the site carries the seal', async () => {
  const { gate } = gateOf();
  const { headers } = await gate.fetch(new Request(`${scope}index.html`));
  for (const [name, value] of Object.entries(sealHeaders)) expect(headers.get(name)).toBe(value);
});

test('a file that was needed once is served without the server from then on', async () => {
  const { gate, server, settled, ledger } = gateOf();
  expect(await (await gate.fetch(new Request(config))).text()).toBe('{}');
  await settled();
  server.state.down = true;
  expect(await (await gate.fetch(new Request(config))).text()).toBe('{}');
  expect(await ledger()).toEqual([
    '/lab/models/tiny/config.json app files 1 0 2',
    '/lab/models/tiny/config.json from this device 1 0 0',
  ]);
});

test('without the server an unknown file is a 404 and a missing known one an error', async () => {
  const { gate, server } = gateOf();
  server.state.down = true;
  expect((await gate.fetch(new Request(`${scope}models/other/config.json`))).status).toBe(404);
  await expect(gate.fetch(new Request(`${scope}index.html`))).rejects.toThrow('Failed to fetch');
});

test('a request to another host is refused, and in the ledger with its address', async () => {
  const { gate, server, ledger } = gateOf();
  const address = 'https://huggingface.co/org/name/resolve/main/config.json';
  expect((await gate.fetch(new Request(address))).type).toBe('error');
  expect(server.asked).toEqual([]);
  expect(await ledger()).toEqual([`${address} refused: another host 1 0 0`]);
});

test('an attempt that only the page sees is in the ledger too', async () => {
  const { ask, ledger } = gateOf();
  await ask({ type: 'attempt', address: 'https://evil.example/x', how: 'navigation' });
  await ask({ type: 'attempt', address: 'no address', how: 'navigation' });
  expect(await ledger()).toEqual([
    'about:unknown refused: navigation 1 0 0',
    'https://evil.example/x refused: navigation 1 0 0',
  ]);
});

describe('a file of a hub', () => {
  test('does not come in while the airlock is closed', async () => {
    const { server, open, ask, hubFile } = gateOf();
    expect(await hubFile('config.json')).toMatchObject({ status: 503, fault: 'airlock-closed' });
    const { token } = await open();
    expect(await ask({ type: 'status' })).toMatchObject({ sealed: false, model: 'org/name' });
    await ask({ type: 'airlock-close', token, loaded: false });
    expect(await ask({ type: 'status' })).toMatchObject({ sealed: true, model: null });
    expect(await hubFile('config.json')).toMatchObject({ status: 503, fault: 'airlock-closed' });
    expect(server.asked).toEqual([]);
  });

  test('still comes when an opening ends that another has replaced', async () => {
    const { open, ask, hubFile } = gateOf();
    const first = await open(['config.json']);
    const second = await open(['config.json']);
    await ask({ type: 'airlock-close', token: first.token, loaded: true });
    expect(await hubFile('config.json')).toMatchObject({ status: 200, text: '{"hub":1}' });
    await ask({ type: 'airlock-close', token: second.token, loaded: false });
    expect(await ask({ type: 'status' })).toMatchObject({ sealed: true });
  });

  test('comes without cookies, referrer or headers of the page, once; then it is on this device', async () => {
    const { server, open, ledger, ask, hubFile } = gateOf();
    const { token } = await open();
    expect((await hubFile('config.json', { headers: { 'x-leak': 'secret' } })).text).toBe('{"hub":1}');
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]).toMatchObject({
      url: `${resolved}config.json`,
      init: { credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store', headers: {} },
    });
    await ask({ type: 'airlock-close', token, loaded: true });
    expect((await hubFile('config.json')).text).toBe('{"hub":1}');
    expect(server.asked).toHaveLength(1);
    expect(await ask({ type: 'hub-stored', folders: [folder, 'hub/other/'] })).toEqual({
      stored: [true, false],
    });
    expect((await ledger()).filter((row) => row.startsWith('https:'))).toEqual([
      `${listAddress} file list of org/name 1 0 ${files[listAddress]!.length}`,
      `${resolved}config.json model org/name 1 0 9`,
    ]);
  });

  test('that was not agreed to is a 404, and no request', async () => {
    const { server, open, hubFile } = gateOf();
    await open(['config.json']);
    expect((await hubFile('model.onnx')).status).toBe(404);
    expect(server.asked).toEqual([]);
  });

  test('comes in parts from a host that has none, whole and once', async () => {
    const { server, open, hubFile } = gateOf();
    await open();
    const part = (first: number, last: number) =>
      hubFile('model.onnx', { headers: { range: `bytes=${first}-${last}` } });
    expect((await part(0, partBytes - 1)).text).toBe(big.slice(0, partBytes));
    expect((await part(partBytes, big.length - 1)).text).toBe(big.slice(partBytes));
    expect(server.asked).toHaveLength(1);
    expect((await hubFile('model.onnx')).text).toBe(big);
    expect((await hubFile('model.onnx', { method: 'DELETE' })).status).toBe(204);
    expect((await hubFile('model.onnx')).fault).toBe('hub-refused');
  });

  test('with more bytes than the list says is cut off', async () => {
    const { server, open, hubFile, ledger } = gateOf();
    await open();
    server.files[`${resolved}config.json`] = '{"hub":1, "more":2}';
    expect(await hubFile('config.json')).toMatchObject({
      fault: 'hub-refused',
      text: expect.stringContaining('more than was asked for'),
    });
    expect(await ledger()).toContain(`${resolved}config.json model org/name 1 1 19`);
  });

  test('is not asked for if the request cannot be written down first', async () => {
    const { server, store, open, hubFile } = gateOf();
    await open();
    store.count = () =>
      Promise.reject(new LabError('disk-full', 'The disk is full.', { advice: 'Free space.' }));
    expect(await hubFile('config.json')).toMatchObject({
      fault: 'hub-refused',
      text: expect.stringContaining('disk is full'),
    });
    expect(server.asked).toEqual([]);
  });

  test('no longer comes once the page that opened the airlock is gone', async () => {
    const { pages, open, ask, hubFile } = gateOf();
    await open();
    pages.clear();
    expect((await hubFile('config.json')).fault).toBe('airlock-closed');
    expect(await ask({ type: 'status' })).toMatchObject({ sealed: true });
  });

  test('that a hub redirects to a host that is none is refused, and both requests are counted', async () => {
    const { ask, ledger } = gateOf(async () =>
      Object.defineProperty(new Response('x'), 'url', { value: 'https://evil.example/x?signed' }),
    );
    expect(await ask({ type: 'hub-lists', repositories: [repository] })).toEqual({
      refused: 'huggingface.co led to evil.example, which is no model hub.',
    });
    expect(await ledger()).toEqual([
      'https://evil.example/x file list of org/name, redirected 1 1 0',
      `${listAddress} file list of org/name 1 0 0`,
    ]);
  });
});

test('a list that is none is refused with the reason', async () => {
  const { ask, server } = gateOf();
  const lists = () => ask({ type: 'hub-lists', repositories: [repository] });
  server.files[listAddress] = '<html>';
  expect(await lists()).toEqual({ refused: expect.stringContaining('something other than the list') });
  Reflect.deleteProperty(server.files, listAddress);
  expect(await lists()).toEqual({
    refused: expect.stringContaining('has no model org/name'),
    advice: expect.stringContaining('download its files there'),
  });
});

describe('a mirror', () => {
  const mirror = 'https://mirror.example';
  test('is asked in place of the hub, for lists and for files, and the ledger says since when', async () => {
    const { ask, server, open, hubFile, ledger } = gateOf();
    expect(await ask({ type: 'mirror-set', address: `${mirror}/` })).toEqual({ ok: true });
    expect(await ask({ type: 'mirror' })).toEqual({ address: mirror });
    for (const [address, text] of Object.entries(files))
      if (address.startsWith('https://huggingface.co'))
        server.files[address.replace('https://huggingface.co', mirror)] = text;
    await open();
    expect((await hubFile('config.json')).text).toBe('{"hub":1}');
    expect(server.asked.map(({ url }) => new URL(url).host)).toEqual(['mirror.example']);
    await ask({ type: 'mirror-set', address: null });
    expect(await ask({ type: 'mirror' })).toEqual({ address: null });
    const rows = await ledger();
    expect(rows).toContain(`${mirror} set as mirror of the hub 0 0 0`);
    expect(rows).toContain(`${mirror} no longer mirror of the hub 0 0 0`);
  });

  test.each([
    'http://mirror.example',
    'ftp://mirror.example',
    'https://a:b@mirror.example',
    'mirror',
    `https://${'x'.repeat(300)}.example`,
  ])('is not set to %s', async (address) => {
    const { ask } = gateOf();
    expect(await ask({ type: 'mirror-set', address })).toMatchObject({
      refused: expect.stringContaining('cannot be a mirror'),
      advice: expect.stringContaining('https://huggingface.co'),
    });
    expect(await ask({ type: 'mirror' })).toEqual({ address: null });
  });
});

describe('a configuration', () => {
  test('is asked for with the list, is checked by its hash, and is in the ledger', async () => {
    const { ask, server, ledger } = gateOf();
    expect(await ask({ type: 'hub-config', folder })).toMatchObject({
      refused: expect.stringContaining('not asked'),
    });
    await ask({ type: 'hub-lists', repositories: [repository] });
    expect(await ask({ type: 'hub-config', folder })).toEqual({ text: '{"hub":1}' });
    expect(await ledger()).toContain(`${resolved}config.json configuration of org/name 1 0 9`);
    server.files[`${resolved}config.json`] = '{"hub":2}';
    expect(await ask({ type: 'hub-config', folder })).toMatchObject({
      refused: expect.stringContaining('arrived damaged'),
    });
  });
});

test('a download that was cut off is told with what has arrived, until it is dropped', async () => {
  const { ask, open, hubFile } = gateOf();
  await open();
  expect(await ask({ type: 'hub-begun' })).toEqual({ begun: [] });
  await hubFile('config.json');
  expect((await ask({ type: 'hub-begun' })).begun).toEqual([
    expect.objectContaining({
      folder,
      paths: ['config.json', 'model.onnx'],
      arrivedBytes: 9,
      bytes: 9 + big.length,
    }),
  ]);
  await ask({ type: 'hub-drop', folder });
  expect(await ask({ type: 'hub-begun' })).toEqual({ begun: [] });
});

describe('a repository that changes while a download is cut off', () => {
  const changed = 'decade'.padEnd(40, '0');
  const cutOff = async () => {
    const gate = gateOf();
    await gate.open();
    await gate.hubFile('config.json');
    gate.server.files[listAddress] = JSON.stringify({
      sha: changed,
      siblings: [listed('config.json', '{"hub":2}'), listed('model.onnx', big)],
    });
    await gate.ask({ type: 'hub-lists', repositories: [repository] });
    const again = (of: string) =>
      gate.ask({
        type: 'airlock-open',
        model: 'org/name',
        files: [{ folder, commit: of, paths: ['config.json', 'model.onnx'] }],
      });
    return { ...gate, again };
  };
  const parts = async ({ caches }: ReturnType<typeof gateOf>) =>
    (await (await caches.open('glovebox-models')).keys()).length;

  test('goes on with the files that were agreed to', async () => {
    const { again, ask, hubFile } = await cutOff();
    expect(await again(commit)).toHaveProperty('token');
    expect((await hubFile('config.json')).text).toBe('{"hub":1}');
    expect((await ask({ type: 'hub-begun' })).begun).toMatchObject([{ commit, arrivedBytes: 9 }]);
  });

  test('drops what no list names once the new list is agreed to, and opens for no other', async () => {
    const gate = await cutOff();
    expect(await gate.again('f'.repeat(40))).toMatchObject({
      refused: expect.stringContaining('no longer the one that was shown'),
    });
    expect(await parts(gate)).toBe(1);
    await gate.again(changed);
    expect(await parts(gate)).toBe(0);
  });
});

test('a download that was cut off remembers which model it was to become', async () => {
  const { ask, hubFile } = gateOf();
  await ask({ type: 'hub-lists', repositories: [repository] });
  const model = { name: 'org/name', task: 'text-classification' } as const;
  const paths = ['config.json', 'model.onnx'];
  await ask({ type: 'airlock-open', model: 'org/name', files: [{ folder, commit, paths, ...model }] });
  await hubFile('config.json');
  expect((await ask({ type: 'hub-begun' })).begun).toMatchObject([model]);
});

test('a host that is asked too often says how long to wait', async () => {
  const { ask } = gateOf(async () => new Response('', { status: 429, headers: { 'Retry-After': '7' } }));
  expect(await ask({ type: 'hub-lists', repositories: [repository] })).toMatchObject({
    refused: expect.stringContaining('left alone for 7 s'),
    waitMs: 7000,
  });
});

test('a failure while answering is a reason, not silence', async () => {
  const { ask, server } = gateOf();
  server.state.down = true;
  expect(await ask({ type: 'fill', webgpu: false })).toEqual({ refused: 'Failed to fetch' });
});

describe('a file of the app that cannot be had', () => {
  const fault = (response: Response) => [response.status, response.headers.get(faultHeader)];

  test('is answered with a fault that loaders explain, if the site sends something else', async () => {
    const { gate, server } = gateOf();
    server.files[config] = '<html>';
    expect(fault(await gate.fetch(new Request(config)))).toEqual([503, 'wrong-answer']);
  });

  test('is answered with a fault, if the copy here is damaged and the site out of reach', async () => {
    const { gate, server, caches, settled } = gateOf();
    await gate.fetch(new Request(config));
    await settled();
    const cache = await caches.open('glovebox-shelf-v');
    await cache.put(`${config}?revision=2`, new Response('garbled'));
    server.state.down = true;
    expect(fault(await gate.fetch(new Request(config)))).toEqual([503, 'damaged']);
  });

  test('and is a page comes as the site sends it, because a newer version may be on its way', async () => {
    const { gate, server, settled, offlineFiles } = gateOf();
    server.files[`${scope}index.html`] = '<html>newer';
    const navigation = { url: scope, method: 'GET', mode: 'navigate' } as Request;
    expect(await (await gate.fetch(navigation)).text()).toBe('<html>newer');
    await settled();
    expect((await offlineFiles.count()).stored).toBe(0);
  });

  test('and is a page gives way to the page that repairs the app', async () => {
    const { gate, server, caches, ask } = gateOf();
    await ask({ type: 'repair', first: 0 });
    const cache = await caches.open('glovebox-shelf-v');
    await cache.put(`${scope}index.html?revision=1`, new Response('garbled'));
    server.state.down = true;
    const navigation = { url: scope, method: 'GET', mode: 'navigate' } as Request;
    expect(await (await gate.fetch(navigation)).text()).toBe('<html>repair');
  });

  test('keeps the status that the site gives it', async () => {
    const { gate, server } = gateOf();
    Reflect.deleteProperty(server.files, config);
    expect(fault(await gate.fetch(new Request(config)))).toEqual([404, null]);
  });
});

test('a repair is answered with what it did', async () => {
  const { ask } = gateOf();
  expect(await ask({ type: 'repair', first: 0 })).toEqual({
    next: 3,
    total: 3,
    replaced: [],
    added: ['index.html', 'models/tiny/config.json', 'repair.html'],
    failed: [],
  });
});

test('a connected build lets requests to its own servers pass, counted before they are sent, and no others', async () => {
  const { gate, ledger } = gateOf(undefined, ['https://gpu.example']);
  const address = 'https://gpu.example/v1/chat/completions';
  expect((await gate.fetch(new Request('https://elsewhere.example/v1/models'))).type).toBe('error');
  await gate.fetch(new Request(address, { method: 'POST', body: '{}' })).catch(() => {});
  const rows = await ledger();
  expect(rows.some((row) => row.startsWith(`${address} endpoint 1`))).toBe(true);
  expect(rows.some((row) => /elsewhere.*refused: another host/.test(row))).toBe(true);
});
