/**
 * @file Well-known models as data: generators, classifiers and judges, each with its builds. `scripts/verify-catalogue.ts`
 * asks a hub about them and fills in what is `null`.
 */
import type { KnownModel } from './known-model.ts';
import models from './models.json' with { type: 'json' };

export const knownModels = models as readonly KnownModel[];
