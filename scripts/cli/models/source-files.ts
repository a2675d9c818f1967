/** @file The files on disk that a name on the command line stands for. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, openAsBlob, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { excerpt } from '../../../src/core/excerpt.ts';
import { decisiveFiles, hashList, shardName, sourceName } from '../../../src/models/import/source.ts';
import { badUsage } from '../failure.ts';
import type { SourceFile } from './cache.ts';

/** Files of one checkpoint, on disk. */
export interface SourceFiles {
  /** What to call the model, where its files do not say. */
  readonly name: string;
  /** Absolute, as the user named it. */
  readonly path: string;
  /** By the name that a reader knows them under. */
  readonly files: ReadonlyMap<string, SourceFile>;
}

const mostFiles = 1_000;

/** True if `name` can only mean a file or a folder, whether it exists or not. */
export const isPath = (name: string): boolean =>
  /^(\.{0,2}\/|\.{1,2}$|~\/|[a-z]:\\|\\)/i.test(name) || /\.(gguf|zip|safetensors|bin|pth)$/i.test(name);

/** @throws CommandError 2 when there is no such file or folder, or when it cannot be read */
export function sourceFiles(name: string): SourceFiles {
  const path = resolve(name);
  if (!existsSync(path)) throw badUsage(`There is no file or folder "${excerpt(name)}".`);
  const isFolder = statSync(path).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const names = isFolder ? filesIn(path) : shardsOf(path);
  if (names.length === 0) throw badUsage(`The folder "${excerpt(name)}" holds no files.`);
  const files = names.map((file) => [file, describe(join(folder, file))] as const);
  return { name: sourceName(basename(path)), path, files: new Map(files) };
}

function filesIn(folder: string): readonly string[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .toSorted();
  if (names.length <= mostFiles) return names;
  throw badUsage(`The folder "${excerpt(folder)}" holds ${names.length} files; that is no model.`);
}

/** The file, or all files of the set that it belongs to. */
function shardsOf(path: string): readonly string[] {
  const [name, stem, count] = [basename(path), ...(shardName.exec(basename(path))?.slice(1) ?? [])];
  if (stem === undefined) return [name];
  return readdirSync(dirname(path))
    .filter((other) => {
      const found = shardName.exec(other);
      return found?.[1] === stem && found[2] === count;
    })
    .toSorted();
}

function describe(path: string): SourceFile {
  try {
    const { size, mtimeMs } = statSync(path);
    return { path, bytes: size, changedMs: mtimeMs };
  } catch (error) {
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, error: unknown) =>
  badUsage(`"${excerpt(path)}" cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);

/** The files as a reader takes them, several below the name of their folder; nothing is read yet. */
export async function asBlobs({ files, name: folder }: SourceFiles): Promise<ReadonlyMap<string, Blob>> {
  const blobs = new Map<string, Blob>();
  for (const [name, { path }] of files) {
    const blob = await openAsBlob(path).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    blobs.set(files.size === 1 ? name : `${folder}/${name}`, new File([blob], name));
  }
  return blobs;
}

/** SHA-256 of the one file; of the list of those that count where there are several. As the page makes it. */
export async function hashOf({ files }: SourceFiles): Promise<string> {
  const names = files.size === 1 ? [...files.keys()] : decisiveFiles(files.keys());
  const hashes: (readonly [name: string, sha256: string])[] = [];
  for (const name of names) hashes.push([name, await sha256Of(files.get(name)!.path)]);
  return hashes.length === 1 ? hashes[0]![1] : createHash('sha256').update(hashList(hashes)).digest('hex');
}

/** @throws CommandError 2 when the file cannot be read */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }))
      hash.update(chunk as Buffer);
  } catch (error) {
    throw unreadable(path, error);
  }
  return hash.digest('hex');
}
