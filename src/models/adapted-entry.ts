/** @file Models with an adapter: their ids, and their entries in the catalogue. Pure. */
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';
import type { ModelEntry, ModelSource } from './catalog.ts';

/** That of the model, a plus sign, that of the adapter: so plans and records say which model an adapter stands on. */
export const adaptedId = (base: string, adapter: string): string => `${base}+${adapter}`;

/** `null` for the id of a model without an adapter. */
export function readAdaptedId(id: string): { readonly base: string; readonly adapter: string } | null {
  const [, base, adapter] = /^([^+]+)\+([\w.@-]+)$/.exec(id) ?? [];
  return base !== undefined && adapter !== undefined ? { base, adapter } : null;
}

/** A model with an adapter is two that have to be here. */
export function partsOf(id: string): readonly string[] {
  const adapted = readAdaptedId(id);
  return adapted ? [adapted.base, adapted.adapter] : [id];
}

export interface AdapterFacts {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** Of its own folder. */
  readonly source: ModelSource;
  readonly bytes: number | null;
  readonly license: string;
}

/** @throws LabError 'not-supported' for a model whose weights are out of reach, or that has an adapter already */
export function adaptedEntry(
  base: ModelEntry,
  { id, title, summary, source, bytes, license }: AdapterFacts,
): ModelEntry {
  if (!base.runtimes.includes('whitebox') || base.adapter)
    throw new LabError('not-supported', `${excerpt(base.id)} cannot have an adapter here.`, {
      advice:
        'Adapters need the weights of a model that ships with the app or was imported from safetensors or GGUF.',
    });
  // The graph of a bundled model holds its weights, and adapters are merged into files of weights.
  const runtimes = base.source.kind === 'bundled' ? (['whitebox'] as const) : base.runtimes;
  return {
    ...base,
    ...{ id: adaptedId(base.id, id), title, summary, source, runtimes, bytes, license },
    adapter: { base: base.source },
    ...(base.imported && {
      imported: { ...base.imported, offered: base.imported.offered.filter((name) => name !== 'q4f16') },
    }),
  };
}
