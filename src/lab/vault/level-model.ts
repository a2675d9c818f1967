/**
 * @file Names by which a level calls its model on any device: the same model may have been imported from other files
 * elsewhere, under another id. Pure.
 */
import { readAdaptedId } from '../../models/adapted-entry.ts';
import type { ModelEntry } from '../../models/catalog.ts';

/** An adapter stands for its model, and a repository of a hub for what was imported from it. */
export const portableName = ({ id, source }: Pick<ModelEntry, 'id' | 'source'>): string =>
  readAdaptedId(id)?.adapter ?? (source.kind === 'stored' ? source.repository : undefined) ?? id;

/** The model of this device that a level names; `undefined` if it is not here. */
export const modelNamed = (name: string, models: readonly ModelEntry[]): ModelEntry | undefined =>
  models.find(({ id, task }) => task === 'text-generation' && id === name) ??
  models.find((entry) => entry.task === 'text-generation' && portableName(entry) === name);
