import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each folder may import besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  models: ['core'],
  attacks: ['core', 'models'],
  defenses: ['core', 'models'],
  evaluators: ['core', 'models'],
  data: ['core', 'models'],
  lab: ['core', 'models', 'attacks', 'defenses', 'evaluators', 'data'],
  ui: ['core', 'lab'],
  /** src/*.ts: entries of the page. */
  entry: ['core', 'lab', 'ui'],
  workers: ['lab', 'models'],
  /** Makes the bundled models; nothing that ships imports it. */
  training: ['core', 'models', 'data', 'attacks', 'evaluators'],
};
const methods = ['attacks', 'defenses', 'evaluators'];

interface Source {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** Relative specifiers as paths from the root; packages as they are. */
  readonly imports: readonly string[];
}

function folderOf(path: string): string {
  const [top, second, third] = path.split('/');
  if (top !== 'src') return top ?? '';
  return third === undefined ? 'entry' : (second ?? '');
}

/** Static and dynamic imports and re-exports, types included; none of ours is computed. */
function importsOf(path: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const found = [
    ...code.matchAll(/^\s*(?:import|export)\s[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g),
  ].map(([, specifier]) => specifier!);
  return found.map((specifier) =>
    specifier.startsWith('.') ? relative(root, join(root, dirname(path), specifier)) : specifier,
  );
}

const sources: readonly Source[] = ['src', 'workers', 'training'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|svelte)$/.test(name))
    .map((name) => {
      const path = `${top}/${name}`;
      const text = readFileSync(join(root, path), 'utf8');
      return { path, folder: folderOf(path), text, imports: importsOf(path, text) };
    }),
);

const edges = sources.flatMap(({ path, folder, imports }) =>
  imports
    .filter((target) => /^(src|workers|training)\//.test(target))
    .map((target) => ({ path, folder, target, into: folderOf(target) })),
);
const named = (found: readonly { path: string; target: string }[]) =>
  found.map(({ path, target }) => `${path} imports ${target}`);

describe('imports', () => {
  test('are found at all, in TypeScript and in Svelte, static and dynamic', () => {
    expect(edges.length).toBeGreaterThan(100);
    expect(importsOf('src/a/b.ts', "const x = await import('../c/d.ts');")).toEqual(['src/c/d.ts']);
    expect(importsOf('src/a/b.ts', "import {\n  type A,\n} from './c.ts';\nexport * from 'pkg';")).toEqual([
      'src/a/c.ts',
      'pkg',
    ]);
    expect(importsOf('src/a/B.svelte', "<script>\n  import './x.css';\n</script>")).toEqual(['src/a/x.css']);
  });

  test('point left: core ← models ← attacks | defenses | evaluators | data ← lab ← ui', () => {
    const unknown = new Set(sources.map(({ folder }) => folder).filter((folder) => !(folder in allowed)));
    expect([...unknown], 'folders without a place in the layers').toEqual([]);
    expect(
      named(edges.filter(({ folder, into }) => into !== folder && !allowed[folder]?.includes(into))),
    ).toEqual([]);
  });

  test('of a method never reach a runtime', () => {
    expect(
      named(
        edges.filter(({ folder, target }) => methods.includes(folder) && target.includes('models/runtimes/')),
      ),
    ).toEqual([]);
    const engines = /^(@huggingface\/transformers|onnxruntime|@mlc-ai|@jax-js)/;
    const direct = sources.filter(
      ({ folder, imports }) =>
        !['models', 'training'].includes(folder) && imports.some((target) => engines.test(target)),
    );
    expect(direct.map(({ path }) => path)).toEqual([]);
  });

  test('of a runtime are dynamic, so that a page ships no engine it does not use', () => {
    const outside = sources.filter(
      ({ path, folder }) => !path.startsWith('src/models/runtimes/') && folder !== 'training',
    );
    const fixed = outside.filter(({ text }) =>
      /^\s*import\s[^;]*?from\s*['"][^'"]*runtimes\/(transformers|webllm|whitebox)\//m.test(
        text.replaceAll(/^\s*import type\s[^;]*;/gm, ''),
      ),
    );
    expect(fixed.map(({ path }) => path)).toEqual([]);
  });

  test('carry their extension', () => {
    const bare = edges.filter(({ target }) => !/\.(ts|svelte|css|json)(\?.*)?$/.test(target));
    expect(named(bare)).toEqual([]);
  });
});

test('only the client names a worker', () => {
  const naming = sources.filter(({ text }) =>
    /\.worker\.ts|\bnew (Shared)?Worker\(/.test(text.replace(/\/\*[\s\S]*?\*\//g, '')),
  );
  expect(naming.map(({ path }) => path)).toEqual(['src/lab/client.ts']);
});

test('methods know nothing of Tinytown, but for the evaluator that holds its truth', () => {
  const knowing = sources.filter(({ folder, text }) => methods.includes(folder) && /tiny-?town/i.test(text));
  const oracle = ['src/evaluators/index.ts', 'src/evaluators/rules/tinytown-oracle.ts'];
  expect(knowing.map(({ path }) => path).filter((path) => !oracle.includes(path))).toEqual([]);
});
