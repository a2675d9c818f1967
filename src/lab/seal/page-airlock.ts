/** @file The page's side of the airlock: opens it for one named model, and closes it again. */
import type { ModelEntry } from '../../models/catalog.ts';
import { hubFolder, hubRepository } from '../../models/hub.ts';
import type { AirlockRequest } from './messages.ts';
import { askSeal } from './page-client.ts';

export { hubFolder };

/** Addresses that loading `entry` needs, for the user to see before agreeing; empty for models of this site. */
export function airlockPrefixes({ source }: ModelEntry): readonly string[] {
  switch (source.kind) {
    case 'hub':
      return [hubFolder(source)];
    case 'webllm':
      return [
        `${hubRepository(`mlc-ai/${source.modelId}`)}/`,
        'https://raw.githubusercontent.com/mlc-ai/binary-mlc-llm-libs/',
      ];
    case 'bundled':
    case 'url':
      return [];
    default:
      return source satisfies never;
  }
}

/**
 * Do `work` with the airlock open, and close it whatever happens.
 * @throws LabError 'not-supported' without a service worker, 'bad-input' when an address is refused.
 */
export async function throughAirlock<T>(request: AirlockRequest, work: () => Promise<T>): Promise<T> {
  if (request.prefixes.length === 0) return work();
  await askSeal({ type: 'airlock-open', ...request });
  try {
    return await work();
  } finally {
    await askSeal({ type: 'airlock-close' });
  }
}
