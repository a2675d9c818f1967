/** @file The catalogue's entries of imported models. Pure. */
import { adaptedEntry } from './adapted-entry.ts';
import type { ModelEntry } from './catalog.ts';
import { fitsShape, knownAdapters } from './catalogue/known-adapters.ts';
import type { ModelShape } from './catalogue/known-model.ts';
import type { ModelManifest } from './import/manifest.ts';
import { plainTemplateNote } from './plain-template.ts';
import type { ComputePrecision } from './precision.ts';

export interface StoredFacts {
  readonly id: string;
  readonly title: string;
  readonly origin: string;
  readonly repository?: string | undefined;
  readonly license: string | null;
  readonly task: ModelEntry['task'];
  readonly labels?: readonly string[] | undefined;
  readonly template?: 'plain' | undefined;
  readonly bytes: number;
  readonly dtype: ModelManifest['weights']['dtype'];
  readonly parameters: number | null;
  readonly shape?: ModelShape | undefined;
  readonly precision?: { readonly offered: readonly ComputePrecision[] } | undefined;
  /** The folder holds an adapter for the model of this id. */
  readonly adapter?: { readonly base: string } | undefined;
}

const plainEntry = ({
  id,
  title,
  origin,
  repository,
  license,
  task,
  labels,
  template,
  bytes,
  dtype,
  parameters,
  shape,
  precision,
}: StoredFacts): ModelEntry => ({
  id,
  title,
  summary: `Imported from ${origin}.${template === 'plain' ? ` ${plainTemplateNote}` : ''}`,
  source: { kind: 'stored', folder: id, ...(repository !== undefined && { repository }) },
  task,
  ...offeredBy(task, dtype),
  bytes,
  ...(dtype !== 'as-published' &&
    parameters !== null && {
      imported: { parameters, shape: shape ?? null, offered: precision?.offered ?? ['float32'] },
    }),
  license: license ?? 'not stated in its files',
  needs: { webgpu: false, f16: false },
  ...(labels && { labels }),
});

/**
 * What the models of the store can be used as: models, adapters on those that are there, and the adapters that ship with the
 * lab on those that they fit. An adapter without its model is left out.
 * @param others that adapters may stand on
 */
export function storedEntries(
  stored: readonly StoredFacts[],
  others: readonly ModelEntry[],
): readonly ModelEntry[] {
  const models = stored.filter(({ adapter }) => !adapter).map(plainEntry);
  const brought = stored.flatMap((facts): readonly ModelEntry[] => {
    const base = [...models, ...others].find(({ id }) => id === facts.adapter?.base);
    if (!base) return [];
    const { id, title, origin, bytes, license } = facts;
    return [
      adaptedEntry(base, {
        ...{ id, title, bytes, license: license ?? base.license },
        summary: `${base.title} with an adapter, imported from ${origin}.`,
        source: { kind: 'stored', folder: id },
      }),
    ];
  });
  const shipped = models.flatMap((base) =>
    knownAdapters
      .filter((adapter) => base.runtimes.includes('whitebox') && fitsShape(adapter, base.imported?.shape))
      .map((adapter) => adaptedEntry(base, adapter)),
  );
  return [...models, ...brought, ...shipped];
}

/** Graphs that others published have no weights that the white-box runtime reads. */
export function offeredBy(
  task: ModelEntry['task'],
  dtype: StoredFacts['dtype'],
): Pick<ModelEntry, 'runtimes' | 'access'> {
  if (task === 'text-classification') return { runtimes: ['transformers'], access: 'black-box' };
  return dtype === 'as-published'
    ? { runtimes: ['transformers'], access: 'grey-box' }
    : { runtimes: ['transformers', 'whitebox'], access: 'white-box' };
}
