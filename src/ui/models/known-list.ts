/** @file Which models of the catalogue a reader asked for. Pure. */
import type { Catalogue } from '../../lab/plan/catalogue.ts';

export type KnownModel = Catalogue['known'][number];

export interface KnownFilter {
  readonly text: string;
  readonly kind: KnownModel['kind'] | null;
}

/** Every word must be in the title, the id, the family or the licence. */
export function filterKnown(
  models: readonly KnownModel[],
  { text, kind }: KnownFilter,
): readonly KnownModel[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    const place = `${model.title} ${model.id} ${model.family} ${model.license}`.toLowerCase();
    return (kind === null || model.kind === kind) && words.every((word) => place.includes(word));
  });
}

/** `135M`, `1.2B` */
export const parameterCount = (parameters: number): string =>
  parameters < 995e6 ? `${Math.round(parameters / 1e6)}M` : `${(parameters / 1e9).toFixed(1)}B`;
