import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { licenseTexts } from '../../scripts/vite/licenses.ts';
import { keyOf, type NpmPackage } from '../../scripts/vite/packages.ts';
import { billOfMaterials, type LockFile } from '../../scripts/vite/sbom.ts';
import { packagesIn } from '../../scripts/vite/third-party.ts';

const own = 'MIT License\n\nCopyright (c) 2026 Us\n\nPermission is hereby granted.';

describe('packages in a bundle', () => {
  let root: string;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'glovebox-packages-'));
    write('node_modules/one/package.json', '{"name":"one","version":"1.0.0","license":"MIT"}');
    write('node_modules/one/LICENSE', 'one text');
    write('node_modules/one/ThirdPartyNotices.txt', 'of others');
    write('node_modules/one/esm/package.json', '{"type":"module"}');
    write('node_modules/@s/two/package.json', '{"name":"@s/two","version":"2.0.0"}');
    write('node_modules/one/node_modules/@s/two/package.json', '{"name":"@s/two","version":"3.0.0"}');
    write('node_modules/vite/package.json', '{"name":"vite","version":"8.0.0","license":"MIT"}');
    write(
      'node_modules/vite/LICENSE.md',
      '# Vite core license\nMIT\n\n# Licenses of bundled dependencies\nlong',
    );
  });
  afterAll(() => rmSync(root, { recursive: true }));
  const inside = (moduleIds: string[], originalFileNames: string[] = []) =>
    packagesIn(
      {
        'a.js': { type: 'chunk', moduleIds },
        'b.wasm': { type: 'asset', originalFileNames },
      } as unknown as Rolldown.OutputBundle,
      root,
    );

  test('are found by their modules, also below folders that only name a module format', () => {
    expect(inside([join(root, 'node_modules/one/esm/index.js?x=1'), join(root, 'src/own.ts')])).toEqual([
      {
        name: 'one',
        version: '1.0.0',
        license: 'MIT',
        author: null,
        texts: ['one text', 'of others'],
      },
    ]);
  });
  test('are found by their copied files, and the inner one of two versions is taken', () => {
    expect(
      inside([], ['node_modules/@s/two/x.woff2', 'node_modules/one/node_modules/@s/two/y']).map(keyOf),
    ).toEqual(['@s/two@2.0.0', '@s/two@3.0.0']);
  });
  test("include the bundler where its helpers are, without the bundler's own parts", () => {
    expect(inside(['\0vite/preload-helper.js'])).toMatchObject([
      { name: 'vite', texts: ['# Vite core license\nMIT'] },
    ]);
  });
});

describe('license texts', () => {
  const entry: NpmPackage = { name: 'one', version: '1.0.0', license: 'MIT', author: 'Ann', texts: [] };
  test('are those that packages ship', () => {
    expect(licenseTexts([{ ...entry, texts: ['the text'] }], own)).toContain('one@1.0.0 (MIT)\n\nthe text');
  });
  test('fall back to what a package states', () => {
    expect(licenseTexts([entry], own)).toContain('Copyright (c) Ann\n\nPermission is hereby granted.');
    expect(licenseTexts([{ ...entry, license: 'ISC' }], own)).toContain('License: ISC');
  });
  test('must be known', () => {
    expect(() => licenseTexts([{ ...entry, license: null }], own)).toThrow('one@1.0.0');
  });
});

describe('the bill of materials', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const { version } = lock.packages['node_modules/svelte']!;
  const bill = billOfMaterials(lock, new Set([`svelte@${version}`]));

  test('lists every runtime dependency, and bundled packages that are needed for development only', () => {
    const refs = bill.components.map((component) => component['bom-ref']);
    const runtime = Object.entries(lock.packages).filter(([folder, { dev }]) => folder !== '' && !dev);
    const missing = runtime
      .map(([folder, entry]) => `${folder.replace(/^.*node_modules\//, '')}@${entry.version}`)
      .filter((ref) => !refs.includes(ref));
    expect(missing).toEqual([]);
    expect(refs).toContain(`svelte@${version}`);
    expect(refs.filter((ref) => ref.startsWith('vitest@'))).toEqual([]);
  });
  test('gives each a hash, a license and an address for tools', () => {
    for (const { hashes, licenses, purl } of bill.components) {
      expect(hashes).toEqual([
        { alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) as string },
      ]);
      expect(licenses).toHaveLength(1);
      expect(purl).toMatch(/^pkg:npm\/(%40[^/@]+\/)?[^/@]+@[^/@]+$/);
    }
  });
  test('says which package needs which, of listed ones only', () => {
    const refs = new Set(bill.components.map((component) => component['bom-ref']));
    const names = bill.dependencies[0]!.dependsOn.map((ref) => ref.replace(/@[^@]+$/, ''));
    expect(names).toEqual(
      expect.arrayContaining([...Object.keys(lock.packages['']!.dependencies!), 'svelte']),
    );
    for (const { dependsOn } of bill.dependencies)
      for (const ref of dependsOn) expect(refs.has(ref), ref).toBe(true);
  });
  test('names no registry and no time, so that the same lock file gives the same bytes', () => {
    const text = JSON.stringify(bill);
    expect([...new Set(text.match(/https?:\/\/[^/"]+/g))]).toEqual(['http://cyclonedx.org']);
    expect(text).not.toMatch(/timestamp|serialNumber/);
    expect(JSON.stringify(billOfMaterials(lock, new Set([`svelte@${version}`])))).toBe(text);
  });
});
