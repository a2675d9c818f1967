/** @file The npm package as it is published: what it holds, and what an app takes of it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildLibrary } from '../../scripts/library.ts';

const folder = mkdtempSync(join(tmpdir(), 'glovebox-'));
beforeAll(() => buildLibrary(join(folder, 'package')), 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Entry {
  readonly types: string;
  readonly default: string;
}

const read = (path: string) => readFileSync(join(folder, 'package', path), 'utf8');
const manifest = () =>
  JSON.parse(read('package.json')) as {
    readonly exports: Readonly<Record<string, string | Entry>>;
    readonly dependencies: Readonly<Record<string, string>>;
    readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
  };

/** What a bundler makes of an app's `code`: its size in kilobytes of gzip, and the files that it holds. */
async function bundled(code: string, external: readonly string[] = []) {
  const output = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'silent',
    build: {
      write: false,
      rolldownOptions: { input: 'app', external: [...external], preserveEntrySignatures: 'strict' },
    },
    plugins: [
      {
        name: 'app',
        resolveId(id) {
          if (id === 'app') return '\0app';
          if (id === 'zod') return fileURLToPath(import.meta.resolve('zod'));
          return id.startsWith('glovebox')
            ? join(folder, 'package', (manifest().exports[id.replace('glovebox', '.')] as Entry).default)
            : null;
        },
        load: (id) => (id === '\0app' ? code : null),
      },
    ],
  });
  const [chunk] = (Array.isArray(output) ? output : [output]).flatMap((part) =>
    'output' in part ? part.output : [],
  );
  if (chunk?.type !== 'chunk') throw new Error('There is no bundle.');
  const parts = Object.entries(chunk.modules).filter(([, { renderedLength }]) => renderedLength > 0);
  return { kilobytes: gzipSync(chunk.code).length / 1000, files: parts.map(([path]) => path).join('\n') };
}

test('every entry has its module and its declarations; engines are optional', () => {
  const { exports, dependencies, peerDependenciesMeta } = manifest();
  for (const entry of Object.values(exports))
    for (const path of typeof entry === 'string' ? [] : (Object.values(entry as object) as string[]))
      expect([path, existsSync(join(folder, 'package', path))]).toEqual([path, true]);
  expect(Object.keys(dependencies)).toEqual([
    '@huggingface/jinja',
    '@huggingface/tokenizers',
    '@noble/hashes',
    'zod',
  ]);
  expect(peerDependenciesMeta).toEqual({
    '@huggingface/transformers': { optional: true },
    '@mlc-ai/web-llm': { optional: true },
  });
});

test('an app that uses one guard ships that guard, in a few kilobytes beside zod', async () => {
  const code = "export { outputGuard, withDefenses } from 'glovebox';";
  const { kilobytes, files } = await bundled(code, ['zod']);
  expect(kilobytes).toBeLessThan(6);
  expect(files).toMatch(/output-guard/);
  expect(files).not.toMatch(/attacks\/|evaluators\/|lab\/|tinytown|runtimes\/|safe-decoding|smooth-llm/);
  expect((await bundled(code)).kilobytes).toBeLessThan(35);
});

test('the README lists every method that has a constructor', () => {
  const readme = read('README.md');
  for (const name of ['safeDecoding', 'outputGuard', 'bestOfN', 'pair', 'yesNoJudge', 'secretLeak'])
    expect(readme).toContain(`| [\`${name}\`](https://`);
  expect(readme).not.toContain('<!--');
});
