/** @file Writes a run as a bundle. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { artifactFile, type RunArtifact } from '../plan/artifacts.ts';
import { trialLine } from '../records/export.ts';
import { labelsCsv, type Labels } from '../records/labels.ts';
import type { RunHead } from '../records/run.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import {
  artifactsPath,
  labelsPath,
  manifestPath,
  placeRanges,
  planPath,
  setPath,
  trialsPath,
  type BundleManifest,
} from './manifest.ts';

export interface BundleSource extends RunHead {
  readonly runId: string;
  /** Trials of the plan. */
  readonly total: number;
  /** In the order of the plan. */
  readonly trials: AsyncIterable<readonly PlacedRecord[]> | Iterable<readonly PlacedRecord[]>;
  readonly artifacts: readonly RunArtifact[];
  /** What people said of answers. */
  readonly labels?: Labels;
  /** Imported sets that the plan names, as rows of JSON. */
  readonly sets: readonly { readonly title: string; readonly sha256: string; readonly rows: Blob }[];
}

/** One trial after another passes through memory. */
export async function writeBundle(source: BundleSource): Promise<Blob> {
  const { BlobReader, BlobWriter, ZipWriter } = await import('@zip.js/zip.js/lib/zip-core-native.js');
  const writer = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false });
  const files: Record<string, { bytes: number; sha256: string }> = {};
  const add = async (path: string, content: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    const hash = sha256.create();
    let bytes = 0;
    const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
    await writer.add(path, content.pipeThrough(counted));
    files[path] = { bytes, sha256: bytesToHex(hash.digest()) };
  };
  const addJson = (path: string, value: unknown) =>
    add(path, new Blob([`${JSON.stringify(value)}\n`]).stream());

  await addJson(planPath, source.plan);
  if (source.artifacts.length > 0)
    await addJson(artifactsPath, artifactFile(source.artifacts, source.startedAt));
  for (const [i, { rows }] of source.sets.entries()) await add(setPath(i), rows.stream());
  const places: number[] = [];
  await add(
    trialsPath,
    streamOf(source.trials, ({ place, record }) => {
      places.push(place);
      return `${trialLine(record)}\n`;
    }),
  );
  if (source.labels && source.labels.size > 0)
    await add(labelsPath, new Blob([labelsCsv(source.labels)]).stream());
  const manifest: BundleManifest = {
    format: 'glovebox-run',
    version: 1,
    run: source.runId,
    device: { ...source.device },
    versions: { ...source.versions },
    startedAt: source.startedAt,
    total: source.total,
    places: placeRanges(places),
    sets: source.sets.map(({ title, sha256: hash }) => ({ title, sha256: hash })),
    files,
  };
  await writer.add(manifestPath, new BlobReader(new Blob([`${JSON.stringify(manifest, null, 2)}\n`])));
  return writer.close();
}

function streamOf<T>(
  batches: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
  write: (item: T) => string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const lines = (async function* () {
    for await (const batch of batches) for (const item of batch) yield encoder.encode(write(item));
  })();
  return new ReadableStream({
    async pull(controller) {
      const next = await lines.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: () => lines.return().then(() => undefined),
  });
}
