/** @file What the built app says about the packages that it is made of. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { dependencies } from '../../package.json';
import { dist } from '../../scripts/build.ts';

interface Bill {
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly name: string;
    readonly scope: string;
  }[];
}
let licenses: string;
let bill: Bill;
beforeAll(async () => {
  licenses = await readFile(join(dist, 'licenses.txt'), 'utf8');
  bill = JSON.parse(await readFile(join(dist, 'sbom.json'), 'utf8')) as Bill;
});

test('the bill of materials lists every dependency, and the licenses every package inside', () => {
  const names = bill.components.map(({ name }) => name);
  expect(Object.keys(dependencies).filter((name) => !names.includes(name))).toEqual([]);
  const inside = bill.components.filter(({ scope }) => scope === 'required');
  expect(
    inside.map((component) => component['bom-ref']).filter((ref) => !licenses.includes(`${ref} (`)),
  ).toEqual([]);
  expect(inside.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'svelte',
      'idb',
      'onnxruntime-web',
      '@fontsource-variable/inter',
      '@mlc-ai/web-llm',
    ]),
  );
});

test('licenses are texts, not only names', () => {
  expect(licenses).toContain('Permission is hereby granted');
  expect(licenses).toContain('Apache License');
  expect(licenses).toContain('SIL OPEN FONT LICENSE');
});

test('zod never makes code of strings, which the policy forbids', async () => {
  const names = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'));
  const scripts = await Promise.all(names.map((name) => readFile(join(dist, name), 'utf8')));
  const withZod = scripts.filter((script) => script.includes('__zod_globalConfig??'));
  expect(withZod.length).toBeGreaterThan(2); // page, worker, service worker
  expect(withZod.filter((script) => !/\(\{jitless:(!0|true)\}\)/.test(script))).toEqual([]);
});
