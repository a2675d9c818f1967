/**
 * @file Has the derived files of the bundled models in public/ before Vite serves, builds or tests anything. In `config`,
 * because Vite lists public/ right after it.
 */
import type { Plugin } from 'vite';
import { deriveModels } from '../derive-models.ts';

export const derivedModels = (): Plugin => ({
  name: 'glovebox:derived-models',
  config: () => void deriveModels(),
});
