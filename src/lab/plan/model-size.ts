/** @file How large a model is, as far as its entry says. */
import type { ModelEntry } from '../../models/catalog.ts';

/** Weights that the catalogue does not describe are taken to be in half precision: their count is not underestimated. */
const halfPrecision = 2;

/** @returns parameters, at most; `null` when the entry does not say */
export const parametersOf = ({ imported, bytes }: ModelEntry): number | null =>
  imported?.parameters ?? (bytes === null ? null : bytes / halfPrecision);
