import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { metaPolicy, policyWith } from '../../../src/lab/seal/policy.ts';
import { endpointOrigins } from '../../../scripts/vite/connected.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const runtime = 'src/models/runtimes/endpoint/';

const sources = ['src', 'workers'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|svelte)$/.test(name))
    .map((name) => ({ path: `${top}/${name}`, text: readFileSync(join(root, top, name), 'utf8') })),
);

test('nothing but a branch that the sealed build drops leads to the code that asks servers', () => {
  const leading = sources.filter(
    ({ path, text }) =>
      !path.startsWith(runtime) &&
      [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].some(([, target]) =>
        relative(root, join(root, dirname(path), target!)).startsWith(runtime),
      ),
  );
  expect(leading.map(({ path }) => path)).toEqual(['workers/lab.worker.ts']);
  expect(leading[0]!.text).toMatch(
    /import\.meta\.env\.MODE === 'connected'\s*\? async \(settings, send\) =>\s*\(await import\('\.\.\/src\/models\/runtimes\/endpoint\/index\.ts'\)\)/,
  );
});

test('the sealed policy names no server, whatever the environment says; the connected one names exactly those', () => {
  expect(endpointOrigins('production', 'https://gpu.example')).toEqual([]);
  const origins = endpointOrigins('connected', 'https://gpu.example/v1, http://10.0.0.7:8000');
  expect(origins).toEqual(['http://10.0.0.7:8000', 'https://gpu.example']);
  expect(() => endpointOrigins('connected', 'gpu.example')).toThrow(/not an address/);
  expect(metaPolicy).toContain("connect-src 'self';");
  expect(policyWith([]).meta).toBe(metaPolicy);
  expect(policyWith(origins).meta).toContain("connect-src 'self' http://10.0.0.7:8000 https://gpu.example;");
  expect(policyWith(origins).meta.replace(` ${origins.join(' ')}`, '')).toBe(metaPolicy);
});
