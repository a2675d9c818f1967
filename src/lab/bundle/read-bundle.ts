/**
 * @file Reads a run bundle. Everything is checked against the sizes and hashes that it states before anything is handed
 * out, and no part is held in memory whole but its plan.
 */
import type { FileEntry, ZipReader } from '@zip.js/zip.js';
import { blobLines } from '../../core/blob-lines.ts';
import { isAbort, LabError } from '../../core/errors.ts';
import { excerpt, issueTexts } from '../../core/excerpt.ts';
import { bytes as size } from '../../core/format.ts';
import { readLabels, type LabelRow } from '../../data/import/read-labels.ts';
import { hashBlob } from '../../models/import/hash-blob.ts';
import { plainPath } from '../../models/import/paths.ts';
import { artifactsInFile, type RunArtifact } from '../plan/artifacts.ts';
import { parsePlan, type Plan } from '../plan/plan.ts';
import {
  artifactsPath,
  labelsPath,
  manifestPath,
  manifestSchema,
  planPath,
  setPath,
  trialsPath,
  type BundleManifest,
} from './manifest.ts';

export interface OpenedBundle {
  readonly manifest: BundleManifest;
  readonly plan: Plan;
  readonly artifacts: readonly RunArtifact[];
  readonly labels: readonly LabelRow[];
  /** As the manifest lists them. */
  readonly sets: readonly { readonly title: string; readonly sha256: string; readonly rows: Blob }[];
  /** Lines of trials.jsonl. */
  trialLines(): AsyncIterable<string>;
}

const most = {
  entries: 200,
  /** Unpacked. */
  bytes: {
    [manifestPath]: 16 * 2 ** 20,
    [planPath]: 256 * 2 ** 20,
    [artifactsPath]: 512 * 2 ** 20,
    [labelsPath]: 64 * 2 ** 20,
    [trialsPath]: 16 * 2 ** 30,
  } as Readonly<Record<string, number>>,
  setBytes: 256 * 2 ** 20,
  /** No line of a trial is longer. */
  lineCharacters: 64 * 2 ** 20,
} as const;

/** @throws LabError 'bad-input' for what is no bundle, is damaged or cut, or unpacks to far more than a run is */
export async function openBundle(file: Blob, signal?: AbortSignal): Promise<OpenedBundle> {
  const { BlobReader, ZipReader } = await import('@zip.js/zip.js/lib/zip-core-native.js');
  const reader = new ZipReader(new BlobReader(file), {
    useWebWorkers: false,
    strictness: 'strict',
    filenameValidation: 'tolerant', // paths are checked below, with messages of ours
    ...(signal && { signal }),
  });
  try {
    const entries = await entriesOf(reader);
    const manifest = manifestOf(await jsonIn(entries, manifestPath));
    const contents = new Map<string, Blob>();
    for (const [path, stated] of Object.entries(manifest.files)) {
      const content = await unpacked(entryAt(entries, path), path);
      if (content.size !== stated.bytes || (await hashBlob(content, { signal })) !== stated.sha256)
        throw unusable(`${path} is not what the file says it is`);
      contents.set(path, content);
    }
    const contentOf = (path: string): Blob => {
      const content = contents.get(path);
      if (!content) throw unusable(`it has no ${path}`);
      return content;
    };
    const trials = contentOf(trialsPath);
    return {
      manifest,
      plan: parsePlan(parsed(await contentOf(planPath).text(), planPath)),
      artifacts: contents.has(artifactsPath)
        ? artifactsInFile(parsed(await contentOf(artifactsPath).text(), artifactsPath))
        : [],
      labels: contents.has(labelsPath) ? await readLabels(contentOf(labelsPath), labelsPath) : [],
      sets: manifest.sets.map((set, i) => ({ ...set, rows: contentOf(setPath(i)) })),
      trialLines: () =>
        blobLines(trials, most.lineCharacters, () => unusable('a line of its trials is far too long')),
    };
  } catch (cause) {
    if (cause instanceof LabError || isAbort(cause)) throw cause;
    throw unusable(`it is no run bundle, or it is cut off or damaged`, cause);
  } finally {
    await reader.close();
  }
}

type Entries = ReadonlyMap<string, FileEntry>;

/** Their names and stated sizes are checked before anything is unpacked. */
async function entriesOf(reader: ZipReader<Blob>): Promise<Entries> {
  const entries = new Map<string, FileEntry>();
  for await (const entry of reader.getEntriesGenerator()) {
    const path = plainPath(entry.filename);
    if (entry.directory) continue;
    if (entries.has(path)) throw unusable(`it has two files named ${excerpt(path)}`);
    if (entries.size >= most.entries) throw unusable(`it has more than ${most.entries} files`);
    entries.set(path, entry);
  }
  return entries;
}

function entryAt(entries: Entries, path: string): FileEntry {
  const entry = entries.get(path);
  if (!entry) throw unusable(`it has no ${excerpt(path)}`);
  const limit = most.bytes[path] ?? most.setBytes;
  if (entry.encrypted) throw unusable(`${excerpt(path)} is encrypted`);
  if (entry.uncompressedSize > limit)
    throw unusable(
      `${excerpt(path)} would unpack to ${size(entry.uncompressedSize)}, over the limit of ${size(limit)}`,
    );
  return entry;
}

/** Large blobs are moved to the disk by the browser. */
async function unpacked(entry: FileEntry, path: string): Promise<Blob> {
  let bytes = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > entry.uncompressedSize) throw unusable(`${excerpt(path)} unpacks to more than it states`);
      controller.enqueue(chunk);
    },
  });
  const options = { useWebWorkers: false, checkSignature: true, checkOverlappingEntry: true };
  const [content] = await Promise.all([
    new Response(counter.readable).blob(),
    entry.getData(counter.writable, options),
  ]);
  return content;
}

const jsonIn = async (entries: Entries, path: string): Promise<unknown> =>
  parsed(await (await unpacked(entryAt(entries, path), path)).text(), path);

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unusable(`${path} in it is not JSON`, cause);
  }
}

function manifestOf(input: unknown): BundleManifest {
  const { format, version } = (input ?? {}) as { readonly format?: unknown; readonly version?: unknown };
  if (format === 'glovebox-run' && typeof version === 'number' && version > 1)
    throw new LabError('bad-input', `This run bundle is of version ${excerpt(String(version))}.`, {
      advice: 'This release reads version 1. Update the app, then open the file again.',
    });
  const checked = manifestSchema.safeParse(input);
  if (checked.success) return checked.data;
  const reasons = issueTexts(checked.error.issues.slice(0, 2), manifestPath).join('; ');
  throw unusable(format === 'glovebox-run' ? reasons : `${manifestPath} does not say that it is one`);
}

export const unusable = (what: string, cause?: unknown): LabError =>
  new LabError('bad-input', `This file cannot be opened as a run: ${what}.`, {
    advice: 'Nothing was stored. Ask for the file again; “Run bundle” or lab bundle writes it.',
    cause,
  });
