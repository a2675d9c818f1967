/**
 * @file Writes what the app is made of into it: `licenses.txt`, the license of every package inside, and `sbom.json`.
 * Page, workers and service worker are bundled apart, so each has a plug-in that notes its packages.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plugin, Rolldown } from 'vite';
import { licenseTexts } from './licenses.ts';
import { keyOf, packageOf, type NpmPackage } from './packages.ts';
import { billOfMaterials, type LockFile } from './sbom.ts';

/** Packages that are inside of others, which are published as one file. */
const insideOf: Readonly<Record<string, readonly string[]>> = { '@mlc-ai/web-llm': ['loglevel'] };

/** Packages whose modules or files are in `bundle`. @param root folder of the app */
export function packagesIn(bundle: Rolldown.OutputBundle, root: string): readonly NpmPackage[] {
  const ids = Object.values(bundle).flatMap((output) =>
    output.type === 'chunk' ? output.moduleIds : output.originalFileNames,
  );
  const installed = (name: string) => packageOf(resolve(root, 'node_modules', name, 'index.js')) ?? [];
  return ids.flatMap((id) => {
    const bundler = /^\0(vite|rolldown)\b/.exec(id)?.[1];
    if (bundler) return [installed(bundler)].flat().map(withoutItsParts);
    const found = packageOf(resolve(root, id.replace(/[?#].*$/s, '')));
    return found ? [found, ...(insideOf[found.name] ?? []).flatMap(installed)] : [];
  });
}

/** Of the bundler only small helpers get into the app, and nothing of the packages inside of it. */
const withoutItsParts = (bundler: NpmPackage): NpmPackage => ({
  ...bundler,
  texts: bundler.texts.map((text) => text.replace(/^#+ Licenses of bundled dependencies.*/ims, '').trim()),
});

export function thirdParty() {
  const noted = new Map<string, NpmPackage>();
  let root = '';
  const note = (): Plugin => ({
    name: 'glovebox:note-packages',
    apply: 'build',
    configResolved: (config) => void (root = config.root),
    generateBundle(_, bundle) {
      for (const entry of packagesIn(bundle, root)) noted.set(keyOf(entry), entry);
    },
  });
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  return {
    /** For workers, which are bundled before the page. */
    note,
    /** For the page. */
    write: (): Plugin => ({
      ...note(),
      name: 'glovebox:third-party',
      generateBundle(_, bundle) {
        for (const entry of packagesIn(bundle, root)) noted.set(keyOf(entry), entry);
        const packages = [...noted.values()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
        const bill = billOfMaterials(
          JSON.parse(read('package-lock.json')) as LockFile,
          new Set(noted.keys()),
        );
        const files = {
          'licenses.txt': licenseTexts(packages, read('LICENSE')),
          'sbom.json': `${JSON.stringify(bill, null, 2)}\n`,
        };
        for (const [fileName, source] of Object.entries(files))
          this.emitFile({ type: 'asset', fileName, source });
      },
    }),
    /** For the service worker, which is bundled last. @throws Error if it holds a package that is not listed */
    check: (): Plugin => ({
      name: 'glovebox:check-packages',
      generateBundle(_, bundle) {
        const missing = packagesIn(bundle, root)
          .map(keyOf)
          .filter((key) => !noted.has(key));
        if (missing.length > 0)
          throw new Error(`Only the service worker holds ${missing.join(', ')}; list it.`);
      },
    }),
  };
}
