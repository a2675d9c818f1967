/** @file The adapters that ship with the lab. The models that they stand on are brought by the user. */
import type { AdapterFacts } from '../adapted-entry.ts';
import type { ModelShape } from './known-model.ts';

export interface KnownAdapter extends AdapterFacts {
  /** By which a model is known that it fits. */
  readonly base: { readonly repository: string; readonly shape: ModelShape };
}

export const knownAdapters: readonly KnownAdapter[] = [
  {
    id: 'smollm2-keeper',
    title: 'SmolLM2 Keeper',
    summary: 'SmolLM2 135M Instruct with an adapter that makes it keep the secrets of its system prompt.',
    source: { kind: 'bundled', base: 'adapters/smollm2-keeper/' },
    bytes: 4_939_000,
    license: 'Apache-2.0',
    base: {
      repository: 'HuggingFaceTB/SmolLM2-135M-Instruct',
      shape: {
        layers: 30,
        width: 576,
        heads: 9,
        kvHeads: 3,
        headWidth: 64,
        feedForward: 1536,
        vocabulary: 49152,
        tiedHead: true,
      },
    },
  },
];

export const knownAdapter = (id: string): KnownAdapter | undefined =>
  knownAdapters.find((adapter) => adapter.id === id);

/** Whether the adapter fits a model of this shape, as far as it is known. */
export const fitsShape = ({ base }: KnownAdapter, shape: ModelShape | null | undefined): boolean =>
  shape != null &&
  (Object.keys(base.shape) as (keyof ModelShape)[]).every((name) => shape[name] === base.shape[name]);
