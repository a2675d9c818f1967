/** @file The address of a model's config file, to look up in the browser's caches. Pure. */
import { hubFolder } from '../../lab/seal/page-airlock.ts';
import type { ModelEntry } from '../types.ts';

/** One file of a model that a browser cache would hold; `null` for sources that keep their files elsewhere. */
export function configUrl({ source }: ModelEntry, site: string): string | null {
  switch (source.kind) {
    case 'bundled':
    case 'url':
      return new URL(`${source.base}config.json`, site).href;
    case 'hub':
      return `${hubFolder(source)}config.json`;
    case 'webllm':
      return null;
    default:
      return source satisfies never;
  }
}
