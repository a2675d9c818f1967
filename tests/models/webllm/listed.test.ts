import { expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { safeDecoding, withDefenses } from '../../../src/library/index.ts';
import { loadWebLlm } from '../../../src/models/runtimes/webllm/listed.ts';
import { fakeBrowser, folder, library, modelId, record } from './fake-browser.ts';

/** Serves the fake hub's files at the addresses that web-llm's own list names. */
function world() {
  const { apis, files } = fakeBrowser();
  const own = new Map(
    [...files].map(([url, body]) => [
      url.replace(folder, `${record.model}/resolve/main/`).replace(library, record.model_lib),
      body,
    ]),
  );
  const fetched: string[] = [];
  const serve: typeof fetch = async (input) => {
    const url = String(input);
    fetched.push(url);
    const body = own.get(url);
    return body === undefined ? new Response('nothing here', { status: 404 }) : new Response(body);
  };
  return { apis, fetched, options: { fetch: serve } };
}

test('a model of the list comes from where the list says, and takes defenses of tokens', async () => {
  const { apis, fetched, options } = world();
  const model = await loadWebLlm(modelId, options, apis);
  expect(model).toMatchObject({ id: modelId, access: 'grey-box', contextWindow: 128 });
  expect(fetched).toContain(record.model_lib);
  expect(fetched.every((url) => url.startsWith(record.model) || url === record.model_lib)).toBe(true);
  const [ask, request] = [[user('hi')], { maxNewTokens: 4 }] as const;
  const defended = withDefenses(model, [safeDecoding({ expert: model, preset: 'aisafetylab' })]);
  const { text, events } = await defended.generate(ask, request);
  // An expert that is the model itself changes nothing.
  expect(text).toBe((await model.generate(ask, request)).text);
  expect(events).toMatchObject([{ defense: 'safe-decoding', action: 'steered' }]);
});

test('a record of one’s own, and a model that nobody lists', async () => {
  const { apis, options } = world();
  const mine = { ...record, model_id: 'Mine' };
  expect((await loadWebLlm('Mine', { ...options, records: [mine] }, apis)).id).toBe('Mine');
  await expect(loadWebLlm('Yours', options, apis)).rejects.toMatchObject({
    code: 'unknown-model',
    message: 'web-llm has no model "Yours" on its list.',
    advice: expect.stringContaining('model_list'),
  });
});
