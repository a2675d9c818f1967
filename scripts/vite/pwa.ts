/** @file The installable app: its manifest, and the service worker with the list of files to cache, each with its hash. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin, PluginOption } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { serveScriptFile } from './serve-script.ts';

interface ListedFile {
  readonly url: string;
  readonly revision: string | null;
  readonly size: number;
}

/** Adds size and hash, by which the service worker tells a file from a wrong answer (src/lab/seal/app-file.ts). */
const withHashes = (dist: string) => async (files: readonly ListedFile[]) => ({
  manifest: await Promise.all(
    files.map(async ({ url, revision, size }) => {
      const sha256 = createHash('sha256')
        .update(await readFile(join(dist, url)))
        .digest('hex');
      // Workbox leaves out `size` in the end.
      return { url, revision, size, bytes: size, sha256 };
    }),
  ),
});

/** @param plugins for the build of the service worker */
export const pwa = (plugins: Plugin[]): PluginOption =>
  VitePWA({
    strategies: 'injectManifest',
    srcDir: 'workers',
    filename: 'service.worker.ts',
    injectRegister: null, // the page registers it itself
    integration: {
      beforeBuildServiceWorker: ({ outDir, injectManifest }) => {
        injectManifest.additionalManifestEntries = []; // the patterns below find these files too
        injectManifest.manifestTransforms = [withHashes(outDir)];
      },
    },
    manifest: {
      name: 'Glovebox',
      short_name: 'Glovebox',
      description: 'An AI-safety lab sealed inside a browser tab',
      id: './',
      start_url: './',
      display: 'standalone',
      background_color: '#ffffff',
      theme_color: '#14532d',
      // What the system offers to open with the installed app (src/ui/links/opened-files.svelte.ts).
      file_handlers: [
        {
          action: './',
          accept: {
            'application/zip': ['.glovebox'],
            'application/json': ['.json'],
            'application/octet-stream': ['.gguf'],
          },
        },
      ],
      launch_handler: { client_mode: 'focus-existing' },
      icons: [
        { src: 'icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
        { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
        { src: 'icons/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
      ],
    },
    injectManifest: {
      buildPlugins: { vite: plugins },
      rollupFormat: 'iife',
      globPatterns: ['**/*'],
      globIgnores: ['_headers', serveScriptFile, 'service.worker*.js', '**/*.map'],
      maximumFileSizeToCacheInBytes: 64 * 1024 * 1024,
    },
  });
