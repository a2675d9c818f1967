/** @file The form for servers, in front of a lab whose worker is on the same thread and a server on this computer. */
import { afterEach, expect, test } from 'vitest';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { connectEndpoints } from '../../../src/models/runtimes/endpoint/index.ts';
import { Servers } from '../../../src/ui/servers/servers.svelte.ts';
import { startServer, type ServerOptions } from '../../models/endpoint/server.ts';
import { device } from '../fake-lab.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function form(options: ServerOptions = {}) {
  const server = await startServer(options);
  open.push(server);
  const host = createLab({
    loadModel: async () => {
      throw new Error('Only the server has models.');
    },
    connectEndpoints: async (settings, send) =>
      connectEndpoints(
        settings.map((one) => ({ ...one, backoffMs: 1 })),
        send,
      ),
    store: createMemoryStore(),
    device,
    registries,
  });
  const added: string[] = [];
  const servers = new Servers({
    lab: {
      async connect(settings) {
        await host.connect(settings, null);
        return host.endpointModels();
      },
      chat: (request) =>
        host.chat(
          'call',
          request,
          () => {},
          () => {},
        ),
    },
    labInfo: { addModel: (id) => (added.push(id), null!) },
    modelLoads: { forget: () => {} },
    page: { origins: [new URL(server.address).origin], own: 'http://localhost:4173' },
  });
  return { server, servers, added };
}

test('a check that succeeds connects the server, adds its models and shows what it answered', async () => {
  const { server, servers, added } = await form({ key: 'sk-1' });
  expect(servers.address).toBe(new URL(server.address).origin);
  servers.key = 'sk-1';
  await servers.check();
  expect(servers.failure).toBeNull();
  expect(added).toEqual(['endpoint:small', 'endpoint:large', 'endpoint:judge']);
  expect(servers.connected).toMatchObject([
    { settings: { address: server.address, key: 'sk-1' }, answer: { text: expect.stringMatching(/\w/) } },
  ]);
  await servers.disconnect(servers.connected[0]!);
  expect(servers.connected).toEqual([]);
});

test('a second server has a name of its own, and one of the same name takes the place of the first', async () => {
  const { servers, added } = await form();
  await servers.check();
  [servers.name, servers.model] = ['judges', 'judge'];
  await servers.check();
  await servers.check();
  expect(servers.connected.map(({ settings }) => settings.name)).toEqual(['', 'judges']);
  expect(added).toContain('endpoint.judges:judge');
});

test.each<[string, ServerOptions, Partial<Servers>, RegExp, RegExp]>([
  ['a wrong key', { key: 'sk-1' }, { key: 'sk-2' }, /answered 401/, /key that this server asks for/],
  ['an unknown model', {}, { model: 'huge' }, /serves no model "huge"/, /It serves small, large, judge/],
  ['a wrong path', {}, { model: 'small' }, /answered 404/, /mostly ends in \/v1/],
])('%s leaves nothing connected, and says what to do', async (what, options, fields, message, advice) => {
  const { server, servers } = await form(options);
  Object.assign(servers, fields);
  if (what === 'a wrong path') servers.address = server.address.replace('/v1', '/api');
  await servers.check();
  expect(servers.connected).toEqual([]);
  expect(servers.failure).toMatchObject({
    message: expect.stringMatching(message),
    advice: expect.stringMatching(advice),
  });
});

test('a server that cannot be reached leaves the one of before connected', async () => {
  const { server, servers } = await form();
  await servers.check();
  await server.close();
  servers.name = 'other';
  await servers.check();
  expect(servers.failure?.advice).toMatch(/nothing answers at this address, or .*CORS/);
  expect(servers.connected.map(({ settings }) => settings.name)).toEqual(['']);
  expect(servers.checking).toBe(false);
});
