import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import manifest from '../package.json';
import { groupedBy } from '../src/core/groups.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each folder may import besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  models: ['core'],
  attacks: ['core', 'models'],
  defenses: ['core', 'models'],
  evaluators: ['core', 'models'],
  finetuning: ['core', 'models'],
  data: ['core', 'models'],
  lab: ['core', 'models', 'attacks', 'defenses', 'evaluators', 'finetuning', 'data'],
  ui: ['core', 'lab'],
  /** The npm package. Nothing of the app imports it. */
  library: ['core', 'models', 'attacks', 'defenses', 'evaluators', 'data', 'lab'],
  /** src/*.ts: entries of the page. */
  entry: ['core', 'lab', 'ui'],
  workers: ['lab', 'models'],
  /** Makes the bundled models; nothing that ships imports it. */
  training: ['core', 'models', 'data', 'attacks', 'evaluators', 'lab'],
};
const methods = ['attacks', 'defenses', 'evaluators', 'finetuning'];

/** What each folder of the lab may import from the others. */
const allowedInLab: Readonly<Record<string, readonly string[]>> = {
  plan: [],
  records: ['plan'],
  analysis: ['plan', 'records'],
  trials: ['plan', 'records'],
  store: ['plan', 'records', 'trials', 'storage'],
  run: ['plan', 'records', 'analysis', 'trials', 'store'],
  insight: ['plan', 'records'],
  vault: ['plan', 'records'],
  models: ['records', 'storage'],
  sets: ['plan', 'records', 'storage', 'trials'],
  bundle: ['plan', 'records', 'trials', 'store', 'sets'],
  training: ['plan', 'records', 'storage'],
  worker: [
    'plan',
    'records',
    'analysis',
    'trials',
    'store',
    'run',
    'models',
    'sets',
    'bundle',
    'training',
    'insight',
  ],
  seal: ['storage'],
  storage: [],
};
/** What the page may see of the lab. */
const pageSide = /^src\/lab\/(plan\/|records\/|analysis\/|vault\/|worker\/lab-client\.ts$|seal\/page-)/;
/** The page's entry also makes the client, and wires the command line. */
const entrySide = new RegExp(`${pageSide.source}|worker\\/(?:client|command-line)\\.ts$`);

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
    // With `?worker&url` it is the address of a worker that is imported, not its code.
    .filter((target) => /^(src|workers|training)\//.test(target) && !target.endsWith('?worker&url'))
    .map((target) => ({ path, folder, target, into: folderOf(target) })),
);
const named = (found: readonly { path: string; target: string }[]) =>
  found.map(({ path, target }) => `${path} imports ${target}`);

/** Groups of files that import each other in a circle (Tarjan's strongly connected components). */
function circles(arrows: readonly { readonly path: string; readonly target: string }[]): string[][] {
  const targets = groupedBy(arrows, ({ path }) => path);
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const groups: string[][] = [];
  const visit = (path: string): void => {
    order.set(path, order.size);
    lowest.set(path, order.get(path)!);
    open.push(path);
    for (const { target } of targets.get(path) ?? []) {
      if (!order.has(target)) visit(target);
      if (open.includes(target)) lowest.set(path, Math.min(lowest.get(path)!, lowest.get(target)!));
    }
    if (lowest.get(path) !== order.get(path)) return;
    const group = open.splice(open.indexOf(path));
    if (group.length > 1) groups.push(group.toSorted());
  };
  for (const path of targets.keys()) if (!order.has(path)) visit(path);
  return groups;
}

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

  test('keep the list of well-known models, which is large, out of the page: the worker sends it', () => {
    const readers = edges.filter(({ target }) => target === 'src/models/catalogue/known-models.ts');
    expect(readers.map(({ path }) => path).toSorted()).toEqual([
      'src/lab/trials/registries.ts',
      'src/models/runtimes/webllm/records.ts',
    ]);
  });

  test('point left: core ← models ← attacks | defenses | evaluators | data ← lab ← ui', () => {
    const unknown = new Set(sources.map(({ folder }) => folder).filter((folder) => !(folder in allowed)));
    expect([...unknown], 'folders without a place in the layers').toEqual([]);
    expect(
      named(edges.filter(({ folder, into }) => into !== folder && !allowed[folder]?.includes(into))),
    ).toEqual([]);
  });

  test('within the lab follow the life of a trial', () => {
    const labFolder = (path: string) => /^src\/lab\/([^/]+)\//.exec(path)?.[1];
    const loose = sources.filter(({ path }) => /^src\/lab\/[^/]+$/.test(path));
    expect(loose.map(({ path }) => path)).toEqual([]);
    const wrong = edges.filter(({ path, target }) => {
      const [from, to] = [labFolder(path), labFolder(target)];
      return from !== undefined && to !== undefined && from !== to && !allowedInLab[from]?.includes(to);
    });
    expect(named(wrong)).toEqual([]);
  });

  test('of the page see plans, records, analysis and the clients, and nothing that runs in a worker', () => {
    const fromPage = edges.filter(
      ({ folder, into, target }) =>
        into === 'lab' &&
        ((folder === 'ui' && !pageSide.test(target)) || (folder === 'entry' && !entrySide.test(target))),
    );
    expect(named(fromPage)).toEqual([]);
  });

  test('never form a circle, types included', () => {
    expect(circles(edges)).toEqual([]);
    const arrow = (path: string, target: string) => ({ path, target });
    expect(circles([arrow('a', 'b'), arrow('b', 'c'), arrow('c', 'b')])).toEqual([['b', 'c']]);
  });

  test('of a method never reach a runtime', () => {
    expect(
      named(
        edges.filter(({ folder, target }) => methods.includes(folder) && target.includes('models/runtimes/')),
      ),
    ).toEqual([]);
    const engines = /^(@huggingface\/transformers|onnxruntime|@mlc-ai)/;
    const direct = sources.filter(
      ({ folder, imports }) =>
        !['models', 'training'].includes(folder) && imports.some((target) => engines.test(target)),
    );
    expect(direct.map(({ path }) => path)).toEqual([]);
  });

  test('never bring in jax-js, which only the tests know, as an oracle', () => {
    const found = sources.filter(({ imports }) => imports.some((target) => target.startsWith('@jax-js')));
    expect(found.map(({ path }) => path)).toEqual([]);
    expect(Object.keys(manifest.dependencies)).not.toContain('@jax-js/jax');
  });

  test('of a runtime are dynamic, so that a page ships no engine it does not use', () => {
    // Entries of the npm package that an app imports for a runtime that it has already.
    const entries = ['src/library/transformers.ts', 'src/library/web-llm.ts'];
    const outside = sources.filter(
      ({ path, folder }) =>
        !path.startsWith('src/models/runtimes/') && folder !== 'training' && !entries.includes(path),
    );
    const fixed = outside.filter(({ text }) =>
      /^\s*(?:import|export)\s[^;]*?from\s*['"][^'"]*runtimes\/(transformers|webllm|whitebox)\//m.test(
        text.replaceAll(/^\s*(?:import|export) type\s[^;]*;/gm, ''),
      ),
    );
    expect(fixed.map(({ path }) => path)).toEqual([]);
  });

  test('carry their extension', () => {
    const bare = edges.filter(({ target }) => !/\.(ts|svelte|css|json)(\?.*)?$/.test(target));
    expect(named(bare)).toEqual([]);
  });
});

test('only the client names a worker, the lab worker starts its own script again, and the seal’s list of ways out tries them', () => {
  const naming = sources.filter(({ text }) =>
    /\.worker\.ts|\bnew (Shared)?Worker\(/.test(text.replace(/\/\*[\s\S]*?\*\//g, '')),
  );
  expect(naming.map(({ path }) => path)).toEqual([
    'src/lab/seal/page-channels.ts',
    'src/lab/worker/client.ts',
    'workers/lab.worker.ts',
  ]);
});

test('methods know nothing of Tinytown, but for the evaluator that holds its truth', () => {
  const knowing = sources.filter(({ folder, text }) => methods.includes(folder) && /tiny-?town/i.test(text));
  const oracle = ['src/evaluators/index.ts', 'src/evaluators/rules/tinytown-oracle.ts'];
  expect(knowing.map(({ path }) => path).filter((path) => !oracle.includes(path))).toEqual([]);
});
