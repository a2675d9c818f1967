/**
 * @file Builds the npm package: the modules that its entries reach as ES modules with their declarations, and the files
 * that a package needs. `npm run library` writes .cache/library/, ready for `npm pack` and `npm publish`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { deriveModels } from './derive-models.ts';
import { withLists } from './library/readme.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src/library');

/** By the name under which an app imports it. */
const entries = {
  '.': 'index',
  './testing': 'testing',
  './transformers': 'transformers',
  './web-llm': 'web-llm',
};
/** Packages that an app brings if it uses their entry. */
const peers = ['@huggingface/transformers', '@mlc-ai/web-llm'];

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

/** The package in `folder`, which is emptied first. */
export async function buildLibrary(folder = join(root, '.cache/library')): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packages = await writeModules(folder);
  writeDeclarations(folder);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(packageOf(packages), null, 2)}\n`);
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), withLists(readFileSync(join(source, 'README.md'), 'utf8')));
  copyModels(folder);
}

/** Models to try the package with. */
const models = ['tinytown-chat', 'tinytown-expert'];
/** What transformers.js does not read. */
const unread = ['model.safetensors', 'selftest.json', 'training.json'];

function copyModels(folder: string): void {
  deriveModels();
  for (const id of models)
    cpSync(join(root, 'public/models', id), join(folder, 'tinytown', id), {
      recursive: true,
      filter: (path) => !unread.some((name) => path.endsWith(name)),
    });
}

/** One module per source file, so that a bundler leaves out whole files. @returns the packages that they import */
async function writeModules(folder: string): Promise<readonly string[]> {
  const output = await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'es2023',
      minify: false,
      lib: {
        entry: Object.values(entries).map((name) => join(source, `${name}.ts`)),
        formats: ['es'],
      },
      rolldownOptions: {
        external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('\0'),
        output: {
          preserveModules: true,
          preserveModulesRoot: join(root, 'src'),
          entryFileNames: '[name].js',
        },
      },
    },
  });
  const parts = (Array.isArray(output) ? output : [output]).flatMap((part) =>
    'output' in part ? part.output : [],
  );
  const files = new Set(parts.map(({ fileName }) => fileName));
  const imported = parts.flatMap((part) =>
    part.type === 'chunk' ? [...part.imports, ...part.dynamicImports] : [],
  );
  const names = imported
    .filter((id) => !files.has(id))
    .map((id) =>
      id
        .split('/')
        .slice(0, id.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  return [...new Set(names)].toSorted();
}

/** @throws Error with what the compiler says */
function writeDeclarations(folder: string): void {
  const config = join(folder, 'tsconfig.json');
  const options = {
    extends: relative(folder, join(root, 'tsconfig.json')),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: relative(folder, join(root, 'src')),
      outDir: '.',
      typeRoots: [join(root, 'node_modules'), join(root, 'node_modules/@types')],
    },
    include: Object.values(entries).map((name) => relative(folder, join(source, `${name}.ts`))),
  };
  writeFileSync(config, JSON.stringify(options));
  const compiler = join(root, 'node_modules/@typescript/native/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', config], { encoding: 'utf8' });
  rmSync(config);
  if (status !== 0) throw new Error(`The declarations could not be written:\n${stdout}`);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(["'])(\.{1,2}\/[^"']+)\.ts\1/g, '$1$2.js$1'));
  }
}

/** @param packages those that the modules import */
function packageOf(packages: readonly string[]): object {
  const { version, license, engines, dependencies } = manifest;
  const range = (name: string) => [name, `^${dependencies[name]}`] as const;
  return {
    name: 'glovebox',
    version,
    description:
      'Defenses around language models that run on the device, and attacks and evaluators to test them with',
    license,
    type: 'module',
    sideEffects: false,
    engines,
    exports: {
      ...Object.fromEntries(
        Object.entries(entries).map(([path, name]) => [
          path,
          { types: `./library/${name}.d.ts`, default: `./library/${name}.js` },
        ]),
      ),
      './tinytown/*': './tinytown/*',
      './package.json': './package.json',
    },
    dependencies: Object.fromEntries(packages.filter((name) => !peers.includes(name)).map(range)),
    peerDependencies: Object.fromEntries(peers.map(range)),
    peerDependenciesMeta: Object.fromEntries(peers.map((name) => [name, { optional: true }])),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildLibrary();
