/** @file The catalogue's entry of an imported model. Pure. */
import type { ModelEntry } from './catalog.ts';
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
}

export const storedEntry = ({
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
