/**
 * @file Writes the derived files of the bundled models before Vite serves, builds or tests anything. It does so in the
 * `config` hook, because Vite lists the files of public/ right after it.
 */
import type { Plugin } from 'vite';
import { deriveModels } from '../derive-models.ts';

export const derivedModels = (): Plugin => ({
  name: 'glovebox:derived-models',
  config: () => void deriveModels(),
});
