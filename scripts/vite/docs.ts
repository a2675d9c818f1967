/**
 * @file The docs inside the app: the Markdown of the repository, so that both show the same. Each file becomes a Svelte
 * component that is loaded when its page is opened; `virtual:docs` lists them, `virtual:docs/search` holds their texts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from 'svelte/compiler';
import type { Plugin } from 'vite';
import { pageOf } from './docs/links.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files of the docs, as paths from the root of the repository. */
export const docFiles = (): string[] => [
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .filter((file) => pageOf(file))
    .toSorted(),
  'docs/README.md',
];

/** The renderer is loaded with the first page: most that reads Vite's configuration shows none. */
const rendered = async (file: string) =>
  (await import('./docs/page.ts')).renderPage(file, readFileSync(join(root, file), 'utf8'));

const mark = '?doc';
const inScript = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');

async function component(file: string, generate: 'client' | 'server'): Promise<string> {
  const { title, headings, markup } = await rendered(file);
  const exported = `export const title = ${inScript(title)}; export const headings = ${inScript(headings)};`;
  const source = `<script module>${exported}</script>\n${markup}`;
  return compile(source, { filename: join(root, `${file}.svelte`), generate, dev: false, runes: true }).js
    .code;
}

function list(): string {
  const entries = docFiles().map(
    (file) => `${JSON.stringify(pageOf(file))}: () => import(${JSON.stringify(join(root, file) + mark)})`,
  );
  return `export const loaders = {\n${entries.join(',\n')}\n};`;
}

async function texts(): Promise<string> {
  const pages = await Promise.all(
    docFiles().map(async (file) => {
      const { title, sections } = await rendered(file);
      return {
        page: pageOf(file),
        title,
        sections: sections.map(({ id, text, content }) => ({ id, text, content })),
      };
    }),
  );
  return `export const pages = ${inScript(pages)};`;
}

const listId = 'virtual:docs';
const searchId = 'virtual:docs/search';

export function docs(): Plugin {
  return {
    name: 'glovebox:docs',
    enforce: 'pre',
    resolveId: (id) => (id === listId || id === searchId ? `\0${id}` : id.endsWith(mark) ? id : null),
    async load(id) {
      if (id === `\0${listId}`) return list();
      if (id === `\0${searchId}`) return texts();
      if (!id.endsWith(mark)) return null;
      const path = id.slice(0, -mark.length);
      this.addWatchFile(path);
      const consumer = this.environment.config.consumer;
      return component(relative(root, path).replaceAll('\\', '/'), consumer);
    },
  };
}
