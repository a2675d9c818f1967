/** @file Finished trials as compressed frames of JSON Lines, a small part of their size: for copies of runs. */
import { trialLine } from '../records/export.ts';
import type { TrialRecord } from '../records/trial.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import type { StoredRunInfo } from './run-store.ts';

/** What is known about a run, or finished trials: their places in the plan, and their records as lines of JSON. */
export interface Frame {
  readonly run?: StoredRunInfo;
  readonly places: readonly number[];
  readonly lines: readonly string[];
}

type Bytes = Uint8Array<ArrayBuffer>;
type Head = Pick<Frame, 'run' | 'places'>;

const piped = async (bytes: Bytes, through: CompressionStream | DecompressionStream): Promise<Bytes> =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer());

const pack = async (head: Head, lines: readonly string[]): Promise<Bytes> =>
  piped(new TextEncoder().encode([JSON.stringify(head), ...lines].join('\n')), new CompressionStream('gzip'));

export const packRun = (run: StoredRunInfo): Promise<Bytes> => pack({ run, places: [] }, []);

export const packTrials = (records: readonly PlacedRecord[]): Promise<Bytes> =>
  pack(
    { places: records.map(({ place }) => place) },
    records.map(({ record }) => trialLine(record)),
  );

/** @returns `null` for bytes that are not a whole frame; gzip has a checksum */
export async function unpack(bytes: Bytes): Promise<Frame | null> {
  try {
    const text = new TextDecoder().decode(await piped(bytes, new DecompressionStream('gzip')));
    const [head, ...lines] = text.split('\n');
    return { ...(JSON.parse(head!) as Head), lines };
  } catch {
    return null;
  }
}

export const recordsOf = ({ places, lines }: Frame): readonly PlacedRecord[] =>
  places.map((place, i) => ({ place, record: JSON.parse(lines[i]!) as TrialRecord }));
