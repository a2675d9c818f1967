import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';
import { faultHeader } from '../../../src/core/file-fault.ts';
import { createDownload } from '../../../src/lab/seal/download.ts';
import { createGate } from '../../../src/lab/seal/gate.ts';
import { createSealStore } from '../../../src/lab/seal/ledger.ts';
import type { SealAnswer, SealMessage } from '../../../src/lab/seal/messages.ts';
import { sealHeaders } from '../../../src/lab/seal/policy.ts';
import { createOfflineFiles } from '../../../src/lab/seal/offline-files.ts';
import { appFile, fakeServer, memoryCaches } from './doubles.ts';

const scope = 'https://site.example/lab/';
const prefix = 'https://huggingface.co/org/name/resolve/main/';
const hubFile = `${prefix}config.json`;
const bigFile = `${prefix}model.onnx`;
const files = {
  [`${scope}index.html`]: '<html>',
  [`${scope}models/tiny/config.json`]: '{}',
  [`${scope}repair.html`]: '<html>repair',
  [hubFile]: '{"hub":1}',
  [bigFile]: 'x'.repeat(1_500_000),
};
const manifest = [
  appFile('index.html', '1', '<html>'),
  appFile('models/tiny/config.json', '2', '{}'),
  appFile('repair.html', '3', '<html>repair'),
];
let databases = 0;

function gateOf() {
  const server = fakeServer({ ...files });
  const store = createSealStore(`gate-test-${databases++}`);
  const held: Promise<unknown>[] = [];
  const caches = memoryCaches();
  const offlineFiles = createOfflineFiles(manifest, {
    caches,
    scope,
    version: 'v',
    download: createDownload(server.fetch, store, () => 0),
  });
  const gate = createGate({
    files: offlineFiles,
    store,
    scope,
    fetch: server.fetch,
    now: () => 0,
    hold: (work) => held.push(work),
  });
  const ask = async <M extends SealMessage>(message: M) =>
    (await gate.answer(message)) as SealAnswer<M['type']>;
  const settled = async () => {
    while (held.length > 0) await held.pop();
  };
  const ledger = async () => {
    await settled();
    return (await ask({ type: 'ledger' })).entries.map(({ host, reason, requests, bytes }) =>
      [host, reason, requests, bytes].join(' '),
    );
  };
  const open = (bytes: number | null = null) =>
    ask({ type: 'airlock-open', model: 'org/name', prefixes: [prefix], bytes });
  return { gate, server, caches, offlineFiles, ask, settled, ledger, open };
}

test('every answer of the site carries the seal', async () => {
  const { gate } = gateOf();
  const { headers } = await gate.fetch(new Request(`${scope}index.html`));
  for (const [name, value] of Object.entries(sealHeaders)) expect(headers.get(name)).toBe(value);
});

test('a file that was needed once is served without the server from then on', async () => {
  const { gate, server, settled, ledger } = gateOf();
  const url = `${scope}models/tiny/config.json`;
  expect(await (await gate.fetch(new Request(url))).text()).toBe('{}');
  await settled();
  server.state.down = true;
  expect(await (await gate.fetch(new Request(url))).text()).toBe('{}');
  expect(await ledger()).toEqual(['site.example app files 1 2', 'site.example from this device 1 0']);
});

test('without the server an unknown file is a 404 and a missing known one an error', async () => {
  const { gate, server } = gateOf();
  server.state.down = true;
  expect((await gate.fetch(new Request(`${scope}models/other/config.json`))).status).toBe(404);
  await expect(gate.fetch(new Request(`${scope}index.html`))).rejects.toThrow('Failed to fetch');
});

test('nothing reaches another host while the airlock is closed, and the attempt is in the ledger', async () => {
  const { gate, server, ledger } = gateOf();
  expect((await gate.fetch(new Request(hubFile))).type).toBe('error');
  expect(server.asked).toEqual([]);
  expect(await ledger()).toEqual(['huggingface.co refused 1 0']);
});

test('an open airlock lets the named model in without cookies, referrer or headers of the page', async () => {
  const { gate, server, open, ledger } = gateOf();
  await open();
  const request = new Request(hubFile, { headers: { range: 'bytes=0-3', 'x-leak': 'secret' } });
  expect(await (await gate.fetch(request)).text()).toBe('{"hub":1}');
  expect(server.asked[0]?.init).toMatchObject({
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    headers: { range: 'bytes=0-3' },
  });
  expect(await ledger()).toEqual(['huggingface.co model org/name 1 9']);
});

test('a closed airlock refuses again', async () => {
  const { gate, open, ask } = gateOf();
  await open();
  expect(await ask({ type: 'status' })).toMatchObject({ sealed: false, model: 'org/name' });
  await ask({ type: 'airlock-close' });
  expect((await gate.fetch(new Request(hubFile))).type).toBe('error');
  expect(await ask({ type: 'status' })).toMatchObject({ sealed: true, model: null });
});

test('a download is cut off once clearly more arrives than was agreed to', async () => {
  const { gate, open } = gateOf();
  await open(0);
  const answer = await gate.fetch(new Request(bigFile));
  await expect(answer.text()).rejects.toThrow('More arrived than was agreed to');
});

test('a redirect to a host that is no model hub is refused', async () => {
  const { offlineFiles } = gateOf();
  const store = createSealStore(`gate-test-${databases++}`);
  const redirected = Object.defineProperty(new Response('x'), 'url', { value: 'https://evil.example/x' });
  const gate = createGate({
    files: offlineFiles,
    store,
    scope,
    fetch: async () => redirected,
    now: () => 0,
    hold: () => {},
  });
  await gate.answer({ type: 'airlock-open', model: 'm', prefixes: [prefix], bytes: null });
  expect((await gate.fetch(new Request(hubFile))).type).toBe('error');
});

test('a failure while answering is a reason, not silence', async () => {
  const { ask, server } = gateOf();
  server.state.down = true;
  expect(await ask({ type: 'fill', webgpu: false })).toEqual({ refused: 'Failed to fetch' });
});

describe('a file of the app that cannot be had', () => {
  const config = `${scope}models/tiny/config.json`;
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
