/** @file Puts `serve.mjs` into the built app: one file that serves its own folder with nothing but Node. */
import { build, type Plugin } from 'vite';

/** Its name in the folder of the app. */
export const serveScriptFile = 'serve.mjs';

export function serveScript(): Plugin {
  let folder = '';
  return {
    name: 'glovebox:serve-script',
    apply: (_config, { mode }) => mode === 'production',
    configResolved: ({ build: { outDir } }) => void (folder = outDir),
    async closeBundle() {
      await build({
        ...{ configFile: false, publicDir: false, logLevel: 'warn' },
        build: {
          ...{ ssr: 'scripts/serve-here.ts', outDir: folder, emptyOutDir: false, target: 'node20' },
          rolldownOptions: { output: { entryFileNames: serveScriptFile } },
        },
      });
    },
  };
}
