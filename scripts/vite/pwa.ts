/** @file The installable app: its manifest, and the service worker with the list of files to cache. */
import type { PluginOption } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

export const pwa = (): PluginOption =>
  VitePWA({
    strategies: 'injectManifest',
    srcDir: 'workers',
    filename: 'service.worker.ts',
    injectRegister: null, // the page registers it itself
    manifest: {
      name: 'Glovebox',
      short_name: 'Glovebox',
      description: 'An AI-safety lab sealed inside a browser tab',
      id: './',
      start_url: './',
      display: 'standalone',
      background_color: '#ffffff',
      theme_color: '#14532d',
      icons: [
        { src: 'icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
        { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
        { src: 'icons/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
      ],
    },
    injectManifest: {
      rollupFormat: 'iife',
      globPatterns: ['**/*'],
      globIgnores: ['_headers', 'service.worker.js', '**/*.map'],
      maximumFileSizeToCacheInBytes: 64 * 1024 * 1024,
    },
  });
