/** @file The documents name only files and folders that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Written by following the guide for contributors. */
const guideFiles = ['src/attacks/shout.ts', 'tests/attacks/shout.test.ts'];

/** Paths in backquotes that begin with a folder of the repository, and targets of links to its files. */
function pathsIn(document: string): readonly string[] {
  const text = readFileSync(join(root, document), 'utf8');
  const inBackquotes = [
    ...text.matchAll(/`((?:src|workers|scripts|training|bench|tests|docs|public)\/[^`\s]*)`/g),
  ];
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)\s]+)\)/g)];
  return [
    ...inBackquotes.map(([, path]) => path!),
    ...links.map(([, target]) => join(document, '..', target!.replace(/#.*/, ''))),
  ].filter((path) => !path.includes('*') && !guideFiles.includes(path));
}

const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

test.each(['README.md', 'CONTRIBUTING.md', ...pages])(
  '%s names only files and folders that exist',
  (document) => {
    expect(pathsIn(document).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  },
);

test('paths are found at all, in backquotes and in links', () => {
  expect(pathsIn('docs/architecture.md')).toEqual(
    expect.arrayContaining(['src/lab/plan/', 'docs/decisions/0002-device-before-worker.md']),
  );
});

test('the index of the architecture answers at least ten questions, each with a file or folder', () => {
  const [, index = ''] =
    /^## Where would I look for …\?\n(.*?)^## /ms.exec(
      readFileSync(join(root, 'docs/architecture.md'), 'utf8'),
    ) ?? [];
  const rows = index.split('\n').filter((line) => /^\| .*\?/.test(line));
  expect(rows.length).toBeGreaterThanOrEqual(10);
  expect(rows.filter((row) => !/`[a-z]+\/[^`]*`/.test(row))).toEqual([]);
});
