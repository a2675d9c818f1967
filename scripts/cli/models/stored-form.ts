/** @file What the command line knows of an imported model's folder: its manifest, its size, and whether it is whole. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelEntry } from '../../../src/models/catalog.ts';
import { manifestBytes, parseManifest, type ModelManifest } from '../../../src/models/import/manifest.ts';
import { manifestFile } from '../../../src/models/import/own-files.ts';
import { offeredBy } from '../../../src/models/stored-entry.ts';
import { sha256Of } from './source-files.ts';

/** @throws LabError 'bad-model', SyntaxError, or the system's error */
const manifestOf = (folder: string): ModelManifest =>
  parseManifest(JSON.parse(readFileSync(join(folder, manifestFile), 'utf8')));

/** `null` for a folder without a usable manifest. */
export function readableManifest(folder: string): ModelManifest | null {
  try {
    return manifestOf(folder);
  } catch {
    return null;
  }
}

/** Bytes on disk; `null` when the manifest cannot be read. */
export function sizeOf(folder: string): number | null {
  try {
    return manifestBytes(manifestOf(folder)) + statSync(join(folder, manifestFile)).size;
  } catch {
    return null;
  }
}

/** What can run the model, and how far into it that reaches; as for an import when the manifest cannot be read. */
export function offeredIn(folder: string): Pick<ModelEntry, 'runtimes' | 'access'> {
  try {
    const { task, weights, adapter } = manifestOf(folder);
    return offeredBy(task, adapter ? 'F16' : weights.dtype);
  } catch {
    return offeredBy('text-generation', 'F16');
  }
}

/** The first file that is not as it was written, in words; `null` if all are. */
export async function damageIn(folder: string): Promise<string | null> {
  let manifest: ModelManifest;
  try {
    manifest = manifestOf(folder);
  } catch (error) {
    return `${manifestFile} cannot be read: ${(error as Error).message}`;
  }
  for (const { path, bytes, sha256 } of manifest.files) {
    const size = statSync(join(folder, path), { throwIfNoEntry: false })?.size;
    if (size === undefined) return `${path} is missing`;
    if (size !== bytes) return `${path} has ${size} bytes in place of ${bytes}`;
    if ((await sha256Of(join(folder, path))) !== sha256) return `${path} has changed: its hash is another`;
  }
  return null;
}
