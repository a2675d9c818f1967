/**
 * @file Stores a repository made for ONNX Runtime as it is published: its files are copied, and only the manifest is
 * written. Its graphs may be of any architecture, so nothing in them is converted or checked before it is loaded.
 */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { parseObject } from '../files.ts';
import { labelsOf } from '../llama.ts';
import type { ModelTask } from '../catalog.ts';
import { licenseIn } from './folder.ts';
import { committed, type FolderWriter } from './folder-writer.ts';
import { piecesOf } from './hash-blob.ts';
import { writeHashed, writeJson } from './hashed-files.ts';
import type { ImportOptions } from './import-checkpoint.ts';
import {
  checkManifest,
  shortOrigin,
  shortText,
  unwritten,
  type ManifestFile,
  type ModelManifest,
} from './manifest.ts';
import { manifestFile, withoutOwnFiles } from './own-files.ts';
import { progressMeter } from './progress.ts';

const mostConfigBytes = 2 ** 20;

const configSchema = z.looseObject({
  model_type: z.string().max(100),
  architectures: z.array(z.string()).nullish(),
  max_position_embeddings: z.int().positive().nullish(),
});

export interface KeepOptions extends Omit<ImportOptions, 'dtype' | 'title' | 'restored'> {
  readonly title: string;
  /** What it does, where its configuration does not say. */
  readonly task: ModelTask;
}

/**
 * The folder is committed when all is written, and discarded at any failure.
 * @param files by path in the repository, `config.json` and `onnx/…` among them; those are left out whose names are taken
 * @throws LabError 'bad-model' for a configuration that is none, 'not-supported' for more files than a manifest lists, both
 *   before anything is written; as `target`; or the signal's reason
 */
export async function keepFiles(
  files: ReadonlyMap<string, Blob>,
  target: FolderWriter,
  options: KeepOptions,
): Promise<ModelManifest> {
  return committed(target, options.signal, () => copy(files, target, options));
}

async function copy(
  brought: ReadonlyMap<string, Blob>,
  target: FolderWriter,
  { id, title, origin, repository, sourceSha256, task, signal, onProgress, now }: KeepOptions,
): Promise<ModelManifest> {
  const files = withoutOwnFiles(brought);
  const config = await configOf(files);
  const license = licenseIn((await files.get('README.md')?.slice(0, mostConfigBytes).text()) ?? null);
  const stated = config.architectures?.some((name) => name.endsWith('ForSequenceClassification'));
  const isClassifier = stated ?? task === 'text-classification';
  const known: ModelManifest = {
    version: 1,
    id,
    title: shortText(title),
    origin: shortOrigin(origin),
    ...(sourceSha256 !== undefined && { sourceSha256 }),
    ...(repository !== undefined && { repository }),
    license: license === null ? null : shortText(license),
    task: isClassifier ? 'text-classification' : 'text-generation',
    ...(isClassifier && { labels: [...labelsOf({ id2label: config['id2label'] })] }),
    importedAt: now().toISOString(),
    architecture: config.model_type,
    parameters: null,
    contextWindow: config.max_position_embeddings ?? null,
    weights: { dtype: 'as-published', from: ['ONNX'], widened: [] },
    files: [...files.keys()].map(unwritten),
  };
  checkManifest(known);
  const totalBytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  const meter = progressMeter(totalBytes, () => performance.now());
  const copied: ManifestFile[] = [];
  for (const [path, file] of files)
    copied.push(
      await writeHashed(target, path, async (append) => {
        for await (const piece of piecesOf(file, signal)) {
          await append(piece);
          onProgress?.({ stage: 'storing', ...meter(piece.byteLength) });
        }
      }),
    );
  const manifest = { ...known, files: copied };
  await writeJson(target, manifestFile, manifest);
  return manifest;
}

async function configOf(files: ReadonlyMap<string, Blob>): Promise<z.infer<typeof configSchema>> {
  const file = files.get('config.json');
  const text = file && file.size <= mostConfigBytes ? await file.text() : '';
  const { data } = configSchema.safeParse(parseObject('config.json', text));
  if (data) return data;
  throw new LabError('bad-model', 'config.json does not say which model this is.', {
    advice: 'Pick a repository whose config.json names its model_type.',
  });
}
