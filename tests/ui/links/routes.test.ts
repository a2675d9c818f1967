import { expect, test } from 'vitest';
import { everyMethod, hrefOf, parseRoute, type Route } from '../../../src/ui/links/routes.ts';
import { Router } from '../../../src/ui/links/router.svelte.ts';
import { shortcutReader } from '../../../src/ui/frame/shortcut-keys.ts';

const key = { model: 'org/name', behavior: 'wake 100% & more?', attack: 'gcg', defense: 'a+b' };
const routes: readonly Route[] = [
  { page: 'home' },
  { page: 'models' },
  { page: 'ledger' },
  { page: 'about' },
  { page: 'lessons' },
  { page: 'lesson', id: 'safe-decoding', step: 1, present: false },
  { page: 'lesson', id: 'safe-decoding', step: 3, present: true },
  { page: 'matrix', run: null, cell: null },
  { page: 'matrix', run: '1f2e', cell: 'gcg|safe-decoding' },
  { page: 'matrix', run: '1f2e', cell: null, model: 'org/name', evaluator: 'a&b', plan: 'q1-_' },
  { page: 'trial', run: '1f2e', key },
  { page: 'trial', run: '1f2e', key: { ...key, mode: 'adaptive' }, plan: 'q1-_' },
  { page: 'methods', filter: everyMethod },
  { page: 'methods', filter: { text: 'a & b?', access: 'white-box', stage: 'decoding' } },
  { page: 'method', kind: 'attack', id: 'gcg' },
  { page: 'method', kind: 'defense', id: 'own/one' },
  { page: 'playground', setup: null },
  { page: 'playground', setup: '{"prompt":"a & b = c?#/é"}' },
  { page: 'studio', setup: null },
  { page: 'studio', setup: '{"attack":"gcg"}' },
  { page: 'microscope', setup: '{"prompt":"wake it"}' },
  { page: 'insight', setup: null },
  { page: 'insight', setup: '{"text":"{request} & more"}' },
  { page: 'vault', level: null },
  { page: 'vault', level: 'level-3' },
  { page: 'docs', path: '', at: null },
  { page: 'docs', path: 'results/secrets', at: 'what-this-shows' },
];

test.each(routes)('the address of $page leads back to it', (route) => {
  expect(parseRoute(hrefOf(route))).toEqual(route);
});

test('an empty hash is the first page, and an unknown path is missing', () => {
  expect(parseRoute('')).toEqual({ page: 'home' });
  expect(parseRoute('#/nowhere').page).toBe('missing');
  expect(parseRoute('#/trial/only/three/parts').page).toBe('missing');
  expect(parseRoute('#/models/more').page).toBe('missing');
  expect(parseRoute('#/methods/model/gcg').page).toBe('missing');
  expect(parseRoute('#/methods/attack').page).toBe('missing');
});

test('an unknown filter is ignored', () => {
  expect(parseRoute('#/methods?access=root&stage=lunch')).toEqual({ page: 'methods', filter: everyMethod });
});

test('a step of a lesson that is no number is the first', () => {
  expect(parseRoute('#/lessons/depth?step=-2')).toMatchObject({ page: 'lesson', step: 1, present: false });
});

test('a malformed escape does not break the page', () => {
  expect(parseRoute('#/trial/r/m/%E0%A4%A/a/d')).toMatchObject({
    page: 'trial',
    key: { behavior: '%E0%A4%A' },
  });
});

test('half a character in an id gives an address all the same', () => {
  const address = hrefOf({ page: 'trial', run: 'r', key: { ...key, behavior: 'a\ud800b' } });
  expect(parseRoute(address)).toMatchObject({ page: 'trial', key: { behavior: 'a\ufffdb' } });
  expect(hrefOf({ page: 'method', kind: 'attack', id: '\udc00' })).toBe('#/methods/attack/%EF%BF%BD');
});

test('the router follows the address, and replacing leaves no step to go back to', () => {
  const calls: string[] = [];
  let listener = () => {};
  const location = { hash: '#/models' };
  const router = new Router({
    location,
    history: { replaceState: (_data, _unused, url) => void calls.push(url) },
    addEventListener: (_type, added) => (listener = added),
  });
  expect(router.route).toEqual({ page: 'models' });
  router.go({ page: 'ledger' });
  expect(location.hash).toBe('#/ledger');
  router.replace({ page: 'matrix', run: 'late', cell: null });
  expect(calls).toEqual([]);
  listener();
  expect(router.route).toEqual({ page: 'ledger' });
  router.replace({ page: 'matrix', run: 'x', cell: null });
  expect(calls).toEqual(['#/matrix?run=x']);
  expect(router.route).toMatchObject({ page: 'matrix', run: 'x' });
});

test('g and a letter go to a page, and any other key in between cancels the g', () => {
  const read = shortcutReader();
  expect(read('m')).toBeNull();
  expect(read('g')).toBeNull();
  expect(read('m')).toEqual({ go: { page: 'matrix', run: null, cell: null } });
  read('g');
  read('x');
  expect(read('m')).toBeNull();
  expect(read('?')).toBe('help');
});
