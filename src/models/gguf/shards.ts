/** @file Files of one model that was split (`…-00001-of-00003.gguf`): all there, each once, and of the same model. */
import type { Header } from './header.ts';
import type { Reject } from './reject.ts';

export interface Shard {
  readonly file: Blob;
  readonly header: Header;
}

const most = { shards: 1000, tensors: 20_000 } as const;
const partName = /^(.*)-\d{5}-of-\d{5}\.gguf$/i;

/**
 * @returns in the order that the files themselves state; the first holds the metadata
 * @throws LabError 'bad-model' that names what is missing or does not belong
 */
export function orderShards(shards: readonly Shard[], reject: Reject): readonly [Shard, ...Shard[]] {
  const advice = 'Pick all files of the model together, and no others.';
  const counts = shards.map(
    ({ header }) => header.metadata.integer('split.count', { min: 0, max: most.shards }) ?? 0,
  );
  const count = Math.max(1, counts[0]!);
  if (counts.some((other) => Math.max(1, other) !== count))
    return reject('it is mixed with files of another model', advice);
  if (count === 1 && shards.length > 1)
    return reject('it is a whole model, but other files came with it', advice);
  const numbered = shards.map((shard, at) => ({
    shard,
    number: shard.header.metadata.integer('split.no', { min: 0, max: count - 1 }) ?? at,
  }));
  const present = new Set(numbered.map(({ number }) => number));
  const missing = Array.from({ length: count }, (_, number) => number).filter(
    (number) => !present.has(number),
  );
  if (missing.length > 0)
    return reject(
      `of its ${count} parts, these are missing: ${missing
        .slice(0, 20)
        .map((n) => n + 1)
        .join(', ')}`,
      advice,
    );
  if (shards.length > count) return reject(`it has ${count} parts, but ${shards.length} files came`, advice);
  const models = new Set(shards.map(({ file }) => modelName(file)).filter((name) => name !== null));
  if (models.size > 1)
    return reject(`its parts have names of different models (${[...models].join(', ')})`, advice);
  const ordered = numbered.toSorted((a, b) => a.number - b.number).map(({ shard }) => shard);
  const total = ordered[0]!.header.metadata.integer('split.tensors.count', { min: 0, max: most.tensors });
  const found = ordered.reduce((sum, { header }) => sum + header.tensors.length, 0);
  if (total !== null && total !== found)
    return reject(`its parts hold ${found} tensors together, but ${total} were split`, advice);
  return ordered as readonly Shard[] as readonly [Shard, ...Shard[]];
}

/** What the names of all parts begin with; `null` for a file without a name, or one that was renamed. */
const modelName = (file: Blob): string | null =>
  file instanceof File ? (partName.exec(file.name)?.[1] ?? null) : null;
