/** @file Names of files in folders and zip files that users bring. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';

/**
 * With slashes, and without what means "here".
 * @throws LabError 'bad-input' for a path that leaves its folder
 */
export function plainPath(path: string): string {
  const parts = path.replaceAll('\\', '/').split('/');
  if (parts[0] === '' || /^[a-z]:$/i.test(parts[0]!) || parts.includes('..') || path.includes('\0'))
    throw new LabError('bad-input', `The path "${excerpt(path)}" leads out of its folder.`, {
      advice: 'Nothing was read. Do not use this file; whoever made it meant to write elsewhere.',
    });
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

/** Files below the folder that holds the `config.json` nearest to the top, by their paths in it; `null` without one. */
export function modelFolder(
  files: ReadonlyMap<string, Blob>,
): { readonly name: string; readonly files: ReadonlyMap<string, Blob> } | null {
  const depth = (path: string) => path.split('/').length;
  const [config] = [...files.keys()]
    .filter((path) => /(^|\/)config\.json$/.test(path))
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  if (config === undefined) return null;
  const root = config.slice(0, -'config.json'.length);
  const below = [...files].filter(([path]) => path.startsWith(root));
  return {
    name: root.split('/').at(-2) ?? '',
    files: new Map(below.map(([path, file]) => [path.slice(root.length), file])),
  };
}
