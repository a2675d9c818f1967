/** @file The npm packages that code and files come from. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression; `null` where the package states none. */
  readonly license: string | null;
  readonly author: string | null;
  /** License and notice files, one after the other; empty where the package ships none. */
  readonly texts: readonly string[];
}

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly author?: string | { readonly name?: string };
}

const licenseFile = /^(licen[cs]e|copying|notice|third.?party.?notices?)([-._].*)?$/i;

/** @param file path of a file, without query; @returns `null` outside `node_modules` */
export function packageOf(file: string): NpmPackage | null {
  if (!file.includes('node_modules')) return null;
  for (let folder = dirname(file); folder.includes('node_modules'); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const { name, version, license, author } = JSON.parse(readFileSync(path, 'utf8')) as PackageJson;
    // Folders inside a package may have a package.json too, which only names their module format.
    if (!name || !version) continue;
    const texts = readdirSync(folder)
      .filter((entry) => licenseFile.test(entry))
      .toSorted()
      .map((entry) => readFileSync(join(folder, entry), 'utf8').trim());
    return {
      name,
      version,
      license: license ?? null,
      author: (typeof author === 'string' ? author : author?.name) ?? null,
      texts,
    };
  }
  return null;
}

export const keyOf = ({ name, version }: Pick<NpmPackage, 'name' | 'version'>): string =>
  `${name}@${version}`;
