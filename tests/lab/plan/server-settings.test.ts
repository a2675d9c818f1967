import { expect, test } from 'vitest';
import { serverSettings, type ServerFields } from '../../../src/lab/plan/server-settings.ts';

const fields: ServerFields = {
  address: ' http://localhost:8000 ',
  name: '',
  key: ' sk-1 ',
  concurrency: 4,
  maxRequests: null,
};
const page = { origins: ['http://localhost:8000', 'http://10.0.0.7:8000'], own: 'http://localhost:4173' };
const refusal = (changes: Partial<ServerFields>, own = page.own) => {
  try {
    serverSettings({ ...fields, ...changes }, { ...page, own });
  } catch (error) {
    return error as Error & { readonly advice: string };
  }
  throw new Error('It was taken.');
};

test('fields become the settings of a server, with the usual path and without blanks', () => {
  expect(serverSettings(fields, page)).toMatchObject({
    name: '',
    address: 'http://localhost:8000/v1',
    key: 'sk-1',
    concurrency: 4,
    maxRequests: null,
  });
  expect(serverSettings({ ...fields, key: '  ' }, page).key).toBeNull();
});

test.each([
  [{ address: 'localhost:8000' }, /not the address of an endpoint/],
  [{ address: 'https://user:hunter2@localhost:8000' }, /holds a user or a password/],
  [{ address: 'http://localhost:9000/v1' }, /may ask only .*, and http:\/\/localhost:9000 is another/],
  [{ name: 'my server' }, /cannot be the name/],
  [{ key: 'two words' }, /characters that no key has/],
  [{ concurrency: 0 }, /Requests at once/],
  [{ maxRequests: 1.5 }, /Most requests/],
])('%j is refused before anything is sent', (changes, message) => {
  expect(refusal(changes).message).toMatch(message);
  expect(refusal(changes).message).not.toMatch(/hunter2|two words/);
});

test('a server of another origin comes with the command that builds for it', () => {
  expect(refusal({ address: 'https://gpu.example/v1' }).advice).toContain(
    'GLOVEBOX_ENDPOINTS="https://gpu.example" npm run build -- --mode connected',
  );
});

test('a page that came by https may ask http on its own computer only', () => {
  const own = 'https://lab.example';
  expect(refusal({ address: 'http://10.0.0.7:8000' }, own).message).toMatch(/by https may not ask/);
  expect(serverSettings(fields, { ...page, own }).address).toBe('http://localhost:8000/v1');
});
