import { afterEach, describe, expect, test } from 'vitest';
import { assistant, system, user } from '../../../src/core/chat.ts';
import { seedNumber } from '../../../src/core/random.ts';
import { endpointDefaults, type EndpointSettings } from '../../../src/models/endpoint.ts';
import { readAddress } from '../../../src/models/endpoint-address.ts';
import { connectEndpoints } from '../../../src/models/runtimes/endpoint/index.ts';
import { delayIn } from '../../../src/models/runtimes/endpoint/requester.ts';
import { replyTo, startServer, type ServerOptions } from './server.ts';

type Server = Awaited<ReturnType<typeof startServer>>;
const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const settings = (address: string, more: Partial<EndpointSettings> = {}): EndpointSettings => ({
  ...endpointDefaults,
  name: '',
  address,
  timeoutMs: 300,
  backoffMs: 1,
  ...more,
});

async function connected(options: ServerOptions = {}, more: Partial<EndpointSettings> = {}) {
  const server = await startServer(options);
  open.push(server);
  const endpoints = connectEndpoints([settings(server.address, more)]);
  return { server, endpoints, model: await endpoints.load('endpoint:small') };
}
const hello = [user('Say hello to the lighthouse')];
const plain = { maxNewTokens: 40 };

describe('an answer', () => {
  test('is asked with model, sampling and seed, and says which server wrote it', async () => {
    const { server, model } = await connected();
    const reply = await model.generate([system('Be kind.'), ...hello], {
      maxNewTokens: 40,
      sampling: { temperature: 0.5, topP: 0.9 },
      seed: 'plan/7/a',
      stop: ['END'],
    });
    const { body, path } = server.asked.at(-1)!;
    expect(path).toBe('/v1/chat/completions');
    expect(body).toEqual({
      model: 'small',
      messages: [system('Be kind.'), ...hello],
      max_tokens: 40,
      temperature: 0.5,
      top_p: 0.9,
      seed: seedNumber('plan/7/a'),
      stream: false,
      stop: ['END'],
      chat_template_kwargs: { date_string: '26 Jul 2024' },
    });
    expect(reply).toMatchObject({ text: replyTo(body!), finishReason: 'end', tokens: [], events: [] });
    expect(reply.promptTokens).toBe(JSON.stringify(body!['messages']).length);
    expect(reply.served).toEqual({
      host: new URL(server.address).host,
      model: 'small-served',
      version: 'vllm 0.9.9 fp-1',
      templateSettings: 'sent',
      reproducible: false,
    });
    expect(model).toMatchObject({ access: 'black-box', contextWindow: 4096 });
  });

  test('is greedy by default, and its seed is a number of 31 bits that depends on the whole text', async () => {
    const { server, model } = await connected();
    await model.generate(hello, plain);
    expect(server.asked.at(-1)!.body).toMatchObject({ temperature: 0, top_p: 1, seed: seedNumber('0') });
    for (const seed of ['0', '1', 'plan/7/a', 'plan/7/b'])
      expect(seedNumber(seed)).toSatisfy((n: number) => Number.isInteger(n) && n >= 0 && n < 2 ** 31);
    expect(seedNumber('plan/7/a')).not.toBe(seedNumber('plan/7/b'));
  });

  test('brings the log-probs of its tokens and no more than the server tells', async () => {
    const { model } = await connected();
    const seen: string[] = [];
    const { tokens, text } = await model.generate(hello, {
      ...plain,
      topTokens: 2,
      onToken: (_token, soFar) => seen.push(soFar),
    });
    expect(tokens.map((token) => token.text).join('')).toBe(text);
    expect(tokens[0]).toEqual({
      id: null,
      text: tokens[0]!.text,
      logProb: -0.25,
      top: [
        { id: null, text: tokens[0]!.text, logProb: -0.25 },
        { id: null, text: 'other', logProb: -1.5 },
      ],
    });
    expect(seen.at(-1)).toBe(text);
  });

  test('goes on without log-probs where the server refuses to tell them, and asks for them once', async () => {
    const { server, model } = await connected({
      answer: (body, response) => {
        if (!body['logprobs']) return false;
        response.writeHead(400).end('{"error": {"message": "logprobs are not supported"}}');
        return true;
      },
    });
    for (const _ of [1, 2])
      expect((await model.generate(hello, { ...plain, topTokens: 3 })).tokens).toEqual([]);
    const asking = server.asked.filter(({ body }) => body?.['logprobs']);
    expect(asking).toHaveLength(1);
  });

  test('ends before a stop string, even beyond the four that the protocol allows', async () => {
    const { server, model } = await connected({
      answer: (_body, response) => {
        response.end('{"choices": [{"message": {"content": "one two three"}, "finish_reason": "stop"}]}');
        return true;
      },
    });
    const reply = await model.generate(hello, { ...plain, stop: ['a?', 'b?', 'c?', 'd?', ' three'] });
    expect(reply).toMatchObject({ text: 'one two', finishReason: 'stop-string' });
    expect(server.asked.at(-1)!.body!['stop']).toHaveLength(4);
  });

  test('continues an assistant turn on software that is known to, and on no other', async () => {
    const { server, model } = await connected();
    await model.generate(hello, { ...plain, assistantPrefix: 'Sure,' });
    expect(server.asked.at(-1)!.body).toMatchObject({
      messages: [...hello, assistant('Sure,')],
      continue_final_message: true,
      add_generation_prompt: false,
    });
    const other = await connected({ owner: 'openai' });
    await expect(other.model.generate(hello, { ...plain, assistantPrefix: 'Sure,' })).rejects.toMatchObject({
      code: 'not-supported',
    });
  });

  test('is given no thought, because its template and the tags in it are out of reach', async () => {
    const { server, model } = await connected();
    const before = server.asked.length;
    await expect(
      model.generate(hello, { ...plain, assistantThought: { text: 'Fine.' } }),
    ).rejects.toMatchObject({
      code: 'not-supported',
    });
    expect(server.asked).toHaveLength(before);
  });

  const saying = (message: object, finish = 'stop'): ServerOptions => ({
    answer: (_body, response) => {
      response.end(JSON.stringify({ choices: [{ message, finish_reason: finish }] }));
      return true;
    },
  });
  test.each([
    ['a field of the server', { content: 'Hi.', reasoning_content: ' It greets. ' }, 'Hi.', 'It greets.'],
    ['a field of newer servers', { content: 'Hi.', reasoning: 'It greets.' }, 'Hi.', 'It greets.'],
    ['tags', { content: '<think>It greets.</think>\n\nHi.' }, 'Hi.', 'It greets.'],
    ['a tag that the prompt opened', { content: 'It greets.</think>Hi.' }, 'Hi.', 'It greets.'],
    ['no end', { content: null, reasoning_content: 'It greets' }, '', 'It greets'],
    ['nothing', { content: 'Hi.', reasoning_content: '' }, 'Hi.', undefined],
  ])('keeps thoughts in %s apart from the answer', async (_, message, text, thoughts) => {
    const { model } = await connected(saying(message));
    const reply = await model.generate(hello, plain);
    expect([reply.text, reply.thoughts]).toEqual([text, thoughts]);
  });

  test('ends before a stop string of the answer, not before one of the thoughts', async () => {
    const { model } = await connected(saying({ content: '<think>END is near</think>Hi. END of it' }));
    const reply = await model.generate(hello, { ...plain, stop: ['END'] });
    expect(reply).toMatchObject({ text: 'Hi. ', thoughts: 'END is near', finishReason: 'stop-string' });
  });

  test('says that its tokens are unknown where the server does not count them', async () => {
    const { model } = await connected({ counts: false });
    expect(await model.generate(hello, plain)).toMatchObject({ promptTokens: null, completionTokens: null });
  });

  test('withheld by the server’s own filter is blocked, and says by whom', async () => {
    const { model } = await connected({
      answer: (_body, response) => {
        response.end('{"choices": [{"message": {"content": null}, "finish_reason": "content_filter"}]}');
        return true;
      },
    });
    expect(await model.generate(hello, plain)).toMatchObject({
      text: '',
      finishReason: 'blocked',
      events: [{ defense: 'endpoint:small', action: 'blocked' }],
    });
  });
});

describe('the date and the variables of chat templates', () => {
  const settings = { date: '2025-01-31', variables: { enable_thinking: false } };

  test('go with the request, and the answer says so', async () => {
    const { server, model } = await connected();
    const reply = await model.withPrompts!(settings).generate(hello, plain);
    expect(server.asked.at(-1)!.body!['chat_template_kwargs']).toEqual({
      date_string: '31 Jan 2025',
      enable_thinking: false,
    });
    expect(reply.served!.templateSettings).toBe('sent');
    expect(() => model.withPrompts!({ date: 'today' })).toThrow(/no date/);
  });

  test.each(['library', 'openai'])('stay here where the server (%s) takes none', async (owner) => {
    const { server, model } = await connected({ owner });
    const reply = await model.withPrompts!(settings).generate(hello, plain);
    expect(server.asked.at(-1)!.body).not.toHaveProperty('chat_template_kwargs');
    expect(reply.served!.templateSettings).toBe('not-sent');
  });

  test('are left out once a server has refused them', async () => {
    const { server, model } = await connected({
      answer: (body, response) => {
        if (!body['chat_template_kwargs']) return false;
        response.writeHead(400).end('{"error": {"message": "chat_template is not supported here"}}');
        return true;
      },
    });
    for (const _ of [1, 2])
      expect((await model.generate(hello, plain)).served!.templateSettings).toBe('not-sent');
    expect(server.asked.filter(({ body }) => body?.['chat_template_kwargs'])).toHaveLength(1);
  });

  test('stay on where a refusal that names them had another reason', async () => {
    let failing = true;
    const { model } = await connected({
      answer: (_, response) => {
        if (failing)
          response.writeHead(400).end('{"error": {"message": "bad chat_template_kwargs or else"}}');
        return failing;
      },
    });
    await expect(model.withPrompts!(settings).generate(hello, plain)).rejects.toMatchObject({
      code: 'bad-input',
    });
    failing = false;
    const reply = await model.withPrompts!(settings).generate(hello, plain);
    expect(reply.served!.templateSettings).toBe('sent');
  });
});

describe('a request that fails', () => {
  test('is tried again after every failure that may pass', async () => {
    const kinds = [
      (response: { writeHead: (status: number, headers?: object) => { end: (text?: string) => void } }) =>
        response.writeHead(429, { 'Retry-After': '0' }).end(),
      (response: { writeHead: (status: number) => { end: (text?: string) => void } }) =>
        response.writeHead(503).end('<html>no</html>'),
      (response: { end: (text: string) => void }) => response.end('{"choices": ['),
      (response: { end: (text: string) => void }) => response.end('{"choices": []}'),
      (response: { destroy: () => void }) => response.destroy(),
      () => {}, // never answers
    ];
    let tries = 0;
    const { server, model } = await connected({
      answer: (_body, response) => {
        const kind = kinds[tries++];
        kind?.(response as never);
        return kind !== undefined;
      },
    });
    const { text } = await model.generate(hello, plain);
    expect(tries).toBe(kinds.length + 1);
    expect(text).toBe(replyTo(server.asked.at(-1)!.body!));
  });

  test('is given up after the last try, with the last reason', async () => {
    const { model } = await connected(
      { answer: (_body, response) => (response.writeHead(502).end('bad gateway'), true) },
      { retries: 2 },
    );
    await expect(model.generate(hello, plain)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/no usable answer in 3 tries.*502, bad gateway/),
    });
  });

  test('waits as long as the server asks, and not at all when it asks for hours', async () => {
    expect(delayIn('2')).toBe(2000);
    expect(delayIn('Wed, 21 Oct 2015 07:28:10 GMT', Date.parse('2015-10-21T07:28:00Z'))).toBe(10_000);
    expect([delayIn(null), delayIn('soon'), delayIn('-5')]).toEqual([0, 0, 0]);
    let tries = 0;
    const hours = await connected({
      answer: (_body, response) => (tries++, response.writeHead(429, { 'Retry-After': '7200' }).end(), true),
    });
    await expect(hours.model.generate(hello, plain)).rejects.toMatchObject({ code: 'unreachable' });
    expect(tries).toBe(1);
    tries = 0;
    const second = await connected({
      answer: (_body, response) =>
        tries++ === 0 && (response.writeHead(429, { 'Retry-After': '1' }).end(), true),
    });
    const from = performance.now();
    await second.model.generate(hello, plain);
    expect(performance.now() - from).toBeGreaterThan(950);
  });

  test.each([
    [
      400,
      "This model's maximum context length is 4096 tokens. However, you requested 5000.",
      'context-overflow',
    ],
    [400, 'System role not supported', 'bad-input'],
    [401, 'no key', 'unreachable'],
    [404, 'no such model', 'unknown-model'],
    [418, 'teapot', 'unreachable'],
  ])('with %i, "%s", is refused at once as %s', async (status, message, code) => {
    let tries = 0;
    const { model } = await connected({
      answer: (_body, response) => (
        tries++,
        response.writeHead(status).end(JSON.stringify({ error: { message } })),
        true
      ),
    });
    await expect(model.generate(hello, plain)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(tries).toBe(1);
  });

  test('stops at once when it is aborted, in a try, in a wait and in the queue', async () => {
    const { model } = await connected(
      { answer: () => true },
      { timeoutMs: 60_000, backoffMs: 60_000, concurrency: 1 },
    );
    const stop = new AbortController();
    const replies = [1, 2, 3].map(() => model.generate(hello, { ...plain, signal: stop.signal }));
    setTimeout(() => stop.abort(), 20);
    for (const reply of replies) await expect(reply).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('limits', () => {
  test('no more requests are in progress than the settings allow', async () => {
    const { server, model } = await connected({}, { concurrency: 3 });
    await Promise.all(Array.from({ length: 20 }, () => model.generate(hello, plain)));
    expect(server.load.most).toBe(3);
  });

  test('a budget of requests counts every try; one of tokens, what the server counts', async () => {
    const requests = await connected({}, { maxRequests: 4 });
    await requests.model.generate(hello, plain); // after the list and the version
    await requests.model.generate(hello, plain);
    await expect(requests.model.generate(hello, plain)).rejects.toMatchObject({ code: 'budget-spent' });
    const tokens = await connected({}, { maxTokens: 10 });
    await tokens.model.generate(hello, plain);
    await expect(tokens.model.generate(hello, plain)).rejects.toMatchObject({ code: 'budget-spent' });
    const uncounted = await connected({ counts: false }, { maxTokens: 10 });
    await expect(uncounted.model.generate(hello, plain)).rejects.toMatchObject({ code: 'not-supported' });
  });

  test('what needs more than text in, text out is refused', async () => {
    const { model } = await connected();
    for (const asked of [
      { forced: [1] },
      { specialTokens: 'control' as const },
      { pieces: () => [] },
      { policy: { id: 'x', companions: [], steps: 1, next: () => new Float32Array() } },
      { edit: {} },
    ])
      await expect(model.generate(hello, { ...plain, ...(asked as object) })).rejects.toMatchObject({
        code: 'not-supported',
      });
  });
});

describe('a server', () => {
  test('gets its key, and what it says of it is blotted out', async () => {
    const key = 'sk-lantern-0123456789';
    const { server, endpoints } = await connected({ key }, { key });
    expect(server.asked.every(({ authorization }) => authorization === `Bearer ${key}`)).toBe(true);
    expect(await endpoints.models()).toEqual(['endpoint:small', 'endpoint:large', 'endpoint:judge']);
    const wrong = connectEndpoints([settings(server.address, { key: 'sk-wrong-key' })]);
    const refused = await wrong.load('endpoint:small').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'unreachable', message: expect.stringContaining('401') });
    expect(JSON.stringify([refused, (refused as Error).message])).not.toContain('sk-wrong-key');
    expect((refused as Error).message).toContain('[key]');
  });

  test('whose key is a common word gives its answers as they are', async () => {
    const { model } = await connected({ key: 'model' }, { key: 'model' });
    expect((await model.generate(hello, plain)).text).not.toBe('');
  });

  test('that is not there is known within seconds', async () => {
    const server = await startServer();
    await server.close();
    const endpoints = connectEndpoints([settings(server.address)]);
    await expect(endpoints.load('endpoint:small')).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  test('that does not serve the model says what it serves', async () => {
    const { endpoints } = await connected();
    await expect(endpoints.load('endpoint:huge')).rejects.toMatchObject({
      code: 'unknown-model',
      advice: expect.stringContaining('small, large, judge'),
    });
    await expect(endpoints.load('endpoint.other:small')).rejects.toMatchObject({ code: 'bad-input' });
  });

  test('is never left for another host by a redirect', async () => {
    const elsewhere = await startServer();
    open.push(elsewhere);
    const { model } = await connected(
      {
        answer: (_body, response) => (
          response.writeHead(307, { Location: `${elsewhere.address}/chat/completions` }).end(),
          true
        ),
      },
      { retries: 0 },
    );
    await expect(model.generate(hello, plain)).rejects.toMatchObject({ code: 'unreachable' });
    expect(elsewhere.asked).toEqual([]);
  });
});

test('an address is read, completed, or refused without repeating a password', () => {
  expect(readAddress('http://gpu1:8000')).toBe('http://gpu1:8000/v1');
  expect(readAddress('https://gate.example/llm/v1/')).toBe('https://gate.example/llm/v1');
  for (const bad of ['gpu1:8000', 'ftp://a/', 'http://a/v1?x=1', 'not an address'])
    expect(() => readAddress(bad)).toThrow(/is not the address of an endpoint/);
  expect(() => readAddress('http://ann:secret@host/v1')).toThrow(/^(?!.*secret).*key apart/);
});
