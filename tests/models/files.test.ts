import { describe, expect, test } from 'vitest';
import { faultHeader, type FileFault } from '../../src/core/file-fault.ts';
import { openFolder, type FileProgress, type FolderOptions } from '../../src/models/files.ts';

const open = (answer: (url: string) => Response | Promise<Response>, options: FolderOptions = {}) =>
  openFolder(
    { kind: 'url', base: 'http://host.test/model/' },
    { fetch: async (input) => answer(String(input)), baseUrl: 'http://lab.test/', ...options },
  );
const reply = (body: BodyInit, headers: Record<string, string> = {}, status = 200) =>
  open(() => new Response(body, { headers, status }));

describe('addresses', () => {
  const requestedUrl = async (source: Parameters<typeof openFolder>[0]) => {
    let url = '';
    const fetch = async (input: RequestInfo | URL) => {
      url = String(input);
      return new Response('{}');
    };
    await openFolder(source, { fetch, baseUrl: 'http://lab.test/app/' }).json('config.json');
    return url;
  };
  test('of a bundled model start at the site', async () => {
    expect(await requestedUrl({ kind: 'bundled', base: 'models/tiny/' })).toBe(
      'http://lab.test/app/models/tiny/config.json',
    );
  });
  test('of a hub model are read once it is stored, and not before', () => {
    const source = { kind: 'hub', repo: 'org/name', revision: 'v1' } as const;
    expect(() => openFolder(source)).toThrow(/org\/name is a model of the hub, and is not on this device/);
  });
  test('of a model in the format of web-llm are refused', () => {
    expect(() => openFolder({ kind: 'webllm', modelId: 'm', library: 'm.wasm' })).toThrow(
      expect.objectContaining({ code: 'not-supported' }),
    );
  });
});

describe('the error code says what is wrong', () => {
  const cases: readonly [string, ReturnType<typeof open>, string][] = [
    ['a missing file', reply('gone', {}, 404), 'unknown-model'],
    ['a file behind a login', reply('who are you', {}, 401), 'unknown-model'],
    ['a page in place of a file', reply('<html>', { 'content-type': 'text/html' }), 'unknown-model'],
    [
      'a page called JSON',
      reply(' <!DOCTYPE html>', { 'content-type': 'application/json' }),
      'unknown-model',
    ],
    [
      'a wrong answer that the service worker held back',
      reply('', { [faultHeader]: 'wrong-answer' }, 503),
      'unreachable',
    ],
    ['damaged JSON', reply('{"a": '), 'bad-model'],
    ['JSON that is no object', reply('[1]'), 'bad-model'],
    ['a truncated file', reply('{}', { 'content-length': '10' }), 'bad-model'],
    ['a server in trouble', reply('oops', {}, 503), 'unreachable'],
    ['no network', open(() => Promise.reject(new TypeError('Failed to fetch'))), 'unreachable'],
    [
      'a connection that breaks',
      open(() => new Response(new ReadableStream({ pull: (c) => c.error(new TypeError('reset')) }))),
      'unreachable',
    ],
  ];
  test.each(cases)('%s', async (_, folder, code) => {
    await expect(folder.json('config.json')).rejects.toMatchObject({ name: 'LabError', code });
  });
});

describe('optional files', () => {
  test('are null when missing', async () => {
    expect(await reply('', {}, 404).optionalJson('x.json')).toBe(null);
    expect(await reply('', {}, 404).optionalText('x.jinja')).toBe(null);
  });
  test('still fail if they are damaged or unreachable', async () => {
    await expect(reply('{').optionalJson('x.json')).rejects.toMatchObject({ code: 'bad-model' });
    await expect(reply('', {}, 500).optionalText('x')).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('downloads', () => {
  const chunks = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const size of [3, 4]) controller.enqueue(new Uint8Array(size).fill(size));
        controller.close();
      },
    });

  test('report their bytes', async () => {
    const seen: FileProgress[] = [];
    const answer = () => new Response(chunks(), { headers: { 'content-length': '7' } });
    const folder = open(answer, { onProgress: (progress) => seen.push(progress) });
    expect([...(await folder.bytes('w'))]).toEqual([3, 3, 3, 4, 4, 4, 4]);
    expect(seen).toEqual([
      { file: 'w', loadedBytes: 3, totalBytes: 7 },
      { file: 'w', loadedBytes: 7, totalBytes: 7 },
    ]);
  });
  test('ignore the length of a compressed file', async () => {
    const headers = { 'content-length': '3', 'content-encoding': 'gzip' };
    const seen: FileProgress[] = [];
    await open(() => new Response(chunks(), { headers }), { onProgress: (p) => seen.push(p) }).bytes('w');
    expect(seen.at(-1)).toEqual({ file: 'w', loadedBytes: 7, totalBytes: null });
  });
  test('stop at their size limit', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 2 ** 24;
        controller.enqueue(new Uint8Array(2 ** 24));
      },
    });
    await expect(open(() => new Response(endless)).json('tokenizer.json')).rejects.toMatchObject({
      code: 'bad-model',
    });
    expect(sent).toBeLessThan(2 ** 28);
  });
  test('reject with the reason of their signal', async () => {
    const signal = AbortSignal.abort();
    await expect(reply('{}').json('a')).resolves.toEqual({});
    await expect(open(() => new Response('{}'), { signal }).json('a')).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
  test('read as a response fail with the same errors', async () => {
    const cut = await reply('abc', { 'content-length': '9' }).response('w');
    await expect(cut.arrayBuffer()).rejects.toMatchObject({ code: 'bad-model' });
    await expect(reply('', {}, 404).response('w')).rejects.toMatchObject({ code: 'unknown-model' });
  });
});

describe('a file of the app that the service worker holds back', () => {
  const failureOf = (fault: FileFault) =>
    reply('', { [faultHeader]: fault }, 503)
      .bytes('model.safetensors')
      .catch((error: unknown) => error);
  test('leads to the network where the site sent something else', async () => {
    expect(await failureOf('wrong-answer')).toMatchObject({
      message: 'The site sent something else in place of model.safetensors.',
      advice: expect.stringContaining('not stored'),
    });
  });
  test('is fetched anew where the copy on the device is damaged', async () => {
    expect(await failureOf('damaged')).toMatchObject({
      message: expect.stringContaining('damaged'),
      advice: expect.stringContaining('Runs are not affected'),
    });
  });
});
