/** @file The catalogue's entry of an imported model. Pure. */
import type { ModelEntry } from './catalog.ts';
import { plainTemplateNote } from './plain-template.ts';

export interface StoredFacts {
  readonly id: string;
  readonly title: string;
  readonly origin: string;
  readonly license: string | null;
  readonly task: ModelEntry['task'];
  readonly labels?: readonly string[] | undefined;
  readonly template?: 'plain' | undefined;
  readonly bytes: number;
}

export const storedEntry = ({
  id,
  title,
  origin,
  license,
  task,
  labels,
  template,
  bytes,
}: StoredFacts): ModelEntry => ({
  id,
  title,
  summary: `Imported from ${origin}.${template === 'plain' ? ` ${plainTemplateNote}` : ''}`,
  source: { kind: 'stored', folder: id },
  task,
  ...(task === 'text-generation'
    ? { runtimes: ['transformers', 'whitebox'], access: 'white-box' }
    : { runtimes: ['transformers'], access: 'black-box' }),
  bytes,
  license: license ?? 'not stated in its files',
  needs: { webgpu: false, f16: false },
  ...(labels && { labels }),
});
