/** @file The files of the models that are compared with peers: in the checkout, or where `npm run models:get` put them. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedModels, cacheFolder, folderOf } from '../scripts/cli/models/cache.ts';
import { realModels } from '../scripts/real-models.ts';
import type { Site } from './against-peers.ts';
import type { BenchModel } from './parameters.ts';
import { asGguf } from './tinytown-gguf.ts';

interface BenchFiles extends Pick<Site, 'folders'> {
  /** Below the site's address. */
  readonly ggufs: ReadonlyMap<BenchModel, { readonly path: string; readonly stored: string }>;
  /** Folders to serve, by path. */
  readonly mounts: ReadonlyMap<string, string>;
}

/** @param made where the GGUF file of a bundled model is written */
export async function benchFiles(root: string, made: string): Promise<BenchFiles> {
  const folders = new Map<BenchModel, string>([['tinytown-chat', join(root, 'public/models/tinytown-chat')]]);
  await mkdir(made, { recursive: true });
  await writeFile(join(made, 'tinytown-chat.gguf'), await asGguf(folders.get('tinytown-chat')!));
  const ggufs = new Map<BenchModel, { readonly path: string; readonly stored: string }>([
    ['tinytown-chat', { path: 'bench-made/tinytown-chat.gguf', stored: 'float32' }],
  ]);
  const mounts = new Map([['bench-made/', made]]);

  const { file, sha256 } = realModels.find(({ id }) => id === 'smollm2')!;
  const imported = cachedModels().find((model) => model.sha256 === sha256);
  if (imported) {
    folders.set('smollm2', folderOf(imported));
    mounts.set('bench-models/smollm2/', folderOf(imported));
  }
  if (existsSync(join(cacheFolder(), file))) {
    mounts.set('bench-gguf/', cacheFolder());
    const stored = 'Q4_1, from which our weights were read';
    ggufs.set('smollm2', { path: `bench-gguf/${encodeURIComponent(file)}`, stored });
  }
  return { folders, ggufs, mounts };
}
