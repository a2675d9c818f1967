/**
 * @file The format of a run bundle: a run in one file, which another browser opens. It is a zip file that ends in
 * `.glovebox`. Its bundle.json names every other file with size and hash.
 */
import { z } from 'zod';

export const bundleExtension = '.glovebox';
export const manifestPath = 'bundle.json';
export const planPath = 'plan.json';
export const trialsPath = 'trials.jsonl';
/** What people said of answers, as `readLabels` reads it; absent for nothing. */
export const labelsPath = 'labels.csv';
export const artifactsPath = 'artifacts.json';
/** Of a behavior set that the user of the lab imported: one row per line. */
export const setPath = (number: number): string => `sets/${number}.jsonl`;

const count = z.int().min(0).max(1e12);
const text = z.string().max(2_000);
/** Places that follow each other: the first, and how many. */
const placeRange = z.tuple([count, z.int().min(1).max(1e6)]);

export const manifestSchema = z.looseObject({
  format: z.literal('glovebox-run'),
  /** Counts up when a reader of the version before would misread the file. */
  version: z.literal(1),
  /** Under which a lab stores it. */
  run: z.string().regex(/^[0-9a-f]{20}$/),
  device: z.looseObject({ kind: z.enum(['webgpu', 'wasm']), description: text, threads: count }),
  versions: z.record(z.string().max(100), z.string().max(100)),
  /** ISO 8601. */
  startedAt: text,
  /** Trials of the plan. */
  total: z.int().min(1).max(1e6),
  /** Of the trials in trials.jsonl, in its order. */
  places: z.array(placeRange).max(1e6),
  /** Imported sets that the plan names, in the order of their files. */
  sets: z.array(z.looseObject({ title: text, sha256: text })).max(100),
  files: z.record(
    z.string().max(100),
    z.looseObject({ bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

export type BundleManifest = z.output<typeof manifestSchema>;

/** The shortest ranges of places that are given ascending. */
export function placeRanges(places: Iterable<number>): BundleManifest['places'] {
  const ranges: [number, number][] = [];
  for (const place of places) {
    const last = ranges.at(-1);
    if (last && last[0] + last[1] === place) last[1]++;
    else ranges.push([place, 1]);
  }
  return ranges;
}

export function* placesIn(ranges: BundleManifest['places']): Generator<number, void> {
  for (const [first, length] of ranges) for (let i = 0; i < length; i++) yield first + i;
}
