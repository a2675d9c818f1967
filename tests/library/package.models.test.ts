/** @file The npm package as it is published: what it holds, and what an app takes of it. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

describe('the README', () => {
  const app = join(folder, 'app');
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const run = (command: string, ...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: app, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };
  const node = (...args: readonly string[]) => run(process.execPath, ...args);

  /** A fresh folder with the packed package, as npm installs it without a network. Engines are those of this checkout. */
  beforeAll(() => {
    mkdirSync(app);
    const dependencies = Object.keys(manifest().dependencies).map((name) => join(root, 'node_modules', name));
    const { status, output } = run(
      'npm',
      'pack',
      '--silent',
      '--ignore-scripts',
      join(folder, 'package'),
      ...dependencies,
    );
    expect([status, output]).toEqual([0, expect.stringMatching(/\.tgz\s*$/)]);
    const packed = output
      .trim()
      .split(/\s+/)
      .map((name) => `./${name}`);
    const flags = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    for (const args of [
      ['init', '-y'],
      ['install', ...flags, ...packed],
    ])
      expect(run('npm', ...args)).toMatchObject({ status: 0 });
    for (const name of ['@huggingface/transformers', '@mlc-ai/web-llm']) {
      const link = join(app, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), link);
    }
    const readme = readFileSync(join(app, 'node_modules/glovebox/README.md'), 'utf8');
    for (const [, code, name] of readme.matchAll(/```js\n(\/\/ (\S+)\n[\s\S]*?)```/g))
      writeFileSync(join(app, name!), code!);
  }, 240_000);

  test('lists every method that has a constructor', () => {
    const readme = read('README.md');
    for (const name of ['safeDecoding', 'outputGuard', 'bestOfN', 'pair', 'yesNoJudge', 'secretLeak'])
      expect(readme).toContain(`| [\`${name}\`](https://`);
    expect(readme).not.toContain('<!--');
  });

  test('its example runs in a fresh folder: SafeDecoding declines what the model alone answers', () => {
    const { status, output } = node('try.mjs');
    expect([status, output]).toEqual([0, expect.stringContaining('alone: assistant-prefix')]);
    const rate = (name: string) =>
      Number(new RegExp(`^${name}: \\S+ succeeds on (\\d+) of 12`, 'm').exec(output)?.[1]);
    expect(rate('defended')).toBeLessThan(rate('alone'));
  });

  test('its test passes', () => {
    expect(node('--test', 'guard.test.mjs')).toMatchObject({ status: 0 });
  });

  test('all of its code agrees with the types of the package and of the engines', () => {
    const compiler = join(root, 'node_modules/@typescript/native/bin/tsc');
    const flags =
      '--noEmit --allowJs --checkJs --strictNullChecks --module nodenext --target es2023 --skipLibCheck'.split(
        ' ',
      );
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const files = [
      'try.mjs',
      'guard-pipeline.mjs',
      'guard-web-llm.mjs',
      'guard-web-llm-tokens.mjs',
      'guard.test.mjs',
    ];
    expect(node(compiler, ...flags, ...types, ...files).output).toBe('');
  });
});
