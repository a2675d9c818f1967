import { describe, expect, test } from 'vitest';
import { headersFile } from '../../../scripts/vite/seal.ts';
import { headersFor, isHubHost, metaPolicy, mirrorWorkerFile } from '../../../src/lab/seal/policy.ts';

const policyOf = (path: string) => headersFor(path)['Content-Security-Policy'];

test('pages and workers connect to their own site, and only the service worker to hubs', () => {
  for (const policy of [metaPolicy, policyOf('/'), policyOf('/engines/lab.worker-abc.js')])
    expect(policy).toMatch(/connect-src 'self'(;|$)/);
  expect(policyOf('/lab/service.worker.js')).toContain('https://huggingface.co');
});

test('the script for users of a mirror may ask any https address, and no other script may', () => {
  const open = (path: string) => / https:( |;|$)/.test(policyOf(path)!);
  expect(open(`/lab/${mirrorWorkerFile}`)).toBe(true);
  for (const path of ['/', '/service.worker.js', '/engines/lab.worker-abc.js', '/x/mirror.js'])
    expect(open(path)).toBe(false);
  expect(policyOf(`/lab/${mirrorWorkerFile}`)).not.toContain(' http: ');
});

test('a host is a hub by its whole name', () => {
  expect(['huggingface.co', 'cdn-lfs.hf.co'].map(isHubHost)).toEqual([true, true]);
  expect(['hf.co', 'huggingface.co.evil.example', 'nothuggingface.co'].map(isHubHost)).toEqual([
    false,
    false,
    false,
  ]);
});

describe('the headers file', () => {
  const rules = headersFile(['assets/', 'index.html', 'service.worker.js']).split('\n\n');
  test('has one rule per path, so that no host joins two policies', () => {
    const paths = rules.map((rule) => rule.split('\n')[0]!);
    expect(paths).toEqual(['/', '/assets/*', '/index.html', '/service.worker.js']);
    const matches = (path: string) =>
      paths.filter((rule) => rule === path || (rule.endsWith('*') && path.startsWith(rule.slice(0, -1))));
    for (const path of ['/', '/index.html', '/assets/a.js', '/service.worker.js'])
      expect(matches(path)).toHaveLength(1);
  });
  test('gives the service worker its own policy', () => {
    expect(rules.filter((rule) => rule.includes('huggingface.co'))).toHaveLength(1);
    expect(rules.at(-1)).toContain('huggingface.co');
  });
});
