import { expect, test } from 'vitest';
import { isRepository, outsideAddress, readHubAddress } from '../../../src/lab/seal/hub-address.ts';

const scope = 'https://site.example/lab/';
const folder = 'hub/huggingface.co/org/name/main/';

test('an address names a repository at its revision, and a file', () => {
  const address = readHubAddress(`${scope}${folder}onnx/model.onnx`, scope);
  expect(address).toEqual({
    repository: { host: 'huggingface.co', repo: 'org/name', revision: 'main' },
    folder,
    path: 'onnx/model.onnx',
  });
  const outside = (mirror: string | null) =>
    outsideAddress(address!.repository, 'c0ffee', address!.path, mirror);
  expect(outside(null)).toBe('https://huggingface.co/org/name/resolve/c0ffee/onnx/model.onnx');
  expect(outside('http://localhost:8080/hub')).toBe(
    'http://localhost:8080/hub/org/name/resolve/c0ffee/onnx/model.onnx',
  );
});

test.each([
  'config.json?q=secret',
  'config.json#secret',
  '..%2f..%2fother',
  '%2e%2e/config.json',
  './config.json',
  'a//config.json',
  'config.json/',
  'x'.repeat(200),
  'a/'.repeat(400) + 'config.json',
  'con fig.json',
  'a\\b',
])('%s is no file', (path) => {
  expect(readHubAddress(scope + folder + path, scope)).toBeNull();
});

test.each([
  'hub/evil.example/org/name/main/config.json',
  'hub/huggingface.co/org/name',
  'hub/huggingface.co/../name/main/config.json',
  'hub/huggingface.co/.org/name/main/config.json',
  'hub/huggingface.co/org%2Fname/x/main/config.json',
  'models/config.json',
])('%s is no address of a hub', (path) => {
  expect(readHubAddress(scope + path, scope)).toBeNull();
});

test('a name that could carry text out is no repository', () => {
  const named = (repo: string, revision = 'main') => isRepository({ host: 'huggingface.co', repo, revision });
  expect(named('org/name')).toBe(true);
  expect(named('org')).toBe(false);
  expect(named('org/name/more')).toBe(false);
  expect(named('org/na me')).toBe(false);
  expect(named(`org/${'x'.repeat(97)}`)).toBe(false);
  expect(named('org/name', '../main')).toBe(false);
});
