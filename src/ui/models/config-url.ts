/** @file The address of a model's config file, to look up in the browser's caches. Pure. */
import type { ModelEntry } from '../types.ts';

/** One file of a model of a site that a cache would hold; `null` for models of a hub, which the service worker keeps. */
export function configUrl({ source }: ModelEntry, site: string): string | null {
  switch (source.kind) {
    case 'bundled':
    case 'url':
      return new URL(`${source.base}config.json`, site).href;
    case 'stored':
    case 'hub':
    case 'webllm':
    case 'endpoint':
      return null;
    default:
      return source satisfies never;
  }
}
