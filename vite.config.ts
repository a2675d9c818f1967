import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumArgs, findChromium } from './scripts/chromium.ts';
import { connected } from './scripts/vite/connected.ts';
import { messages } from './scripts/vite/messages.ts';
import { derivedModels } from './scripts/vite/derived-models.ts';
import { docs } from './scripts/vite/docs.ts';
import { noEval } from './scripts/vite/no-eval.ts';
import { ortBuild } from './scripts/vite/ort.ts';
import { pwa } from './scripts/vite/pwa.ts';
import { seal } from './scripts/vite/seal.ts';
import { serveScript } from './scripts/vite/serve-script.ts';
import { thirdParty } from './scripts/vite/third-party.ts';

const executablePath = findChromium();
const tests = 'tests/**/*.test.ts';
const browserTests = 'tests/**/*.browser.test.ts';
const endToEndTests = 'tests/e2e/**/*.e2e.test.ts';
/** Judge the bundled models, or run ONNX Runtime's WASM build, which leaves a global `Worker` behind. */
const modelTests = 'tests/**/*.models.test.ts';
/** Run on real models, which are fetched as Python packages. */
const realTests = 'tests/**/*.real.test.ts';

const packages = thirdParty();

export default defineConfig({
  base: './',
  appType: 'mpa', // else a missing model file is answered with the page
  plugins: [
    connected(),
    derivedModels(),
    ortBuild(),
    noEval(),
    docs(),
    messages(),
    svelte(),
    seal(),
    packages.write(),
    pwa([noEval(), packages.check()]),
    serveScript(),
  ],
  resolve: {
    conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser', 'development|production'],
  },
  worker: {
    format: 'es',
    plugins: () => [ortBuild(), noEval(), packages.note()],
    // Files that only a worker loads have a folder of their own, so that the service worker can fetch them later.
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: {
        entryFileNames: 'engines/[name]-[hash].js',
        assetFileNames: 'engines/[name]-[hash][extname]',
        chunkFileNames: ({ moduleIds }) =>
          moduleIds.some((id) => id.includes('@mlc-ai/web-llm'))
            ? 'engines/web-llm-[hash].js'
            : 'engines/[name]-[hash].js',
      },
    },
  },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    sourcemap: false,
    chunkSizeWarningLimit: 8_000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: {
        // Few files, because every one that a first visit stores costs some milliseconds, however small it is.
        codeSplitting: {
          groups: [
            { name: 'first-paint', tags: ['$initial'], priority: 3 },
            { name: 'docs', test: /\?doc$|virtual:docs\/search$/, priority: 2 },
            { name: 'shared', test: /[\\/]src[\\/]/, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: [tests],
          exclude: [browserTests, modelTests, realTests, 'tests/e2e/**'],
          // A fresh process per file would spend more time on imports than most tests take.
          isolate: false,
          maxWorkers: '100%', // one core less by default, which is half of two
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'models',
          environment: 'node',
          include: [modelTests],
          maxWorkers: '100%',
          testTimeout: 240_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          environment: 'node',
          include: [realTests],
          globalSetup: 'tests/real/setup.ts',
          // The files share their models, which take some hundred megabytes and many seconds to load.
          fileParallelism: false,
          isolate: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        // Found only when a test asks for it, a package would make Vite reload the page in the middle of the test.
        optimizeDeps: {
          // Else it is bundled with a Svelte of its own.
          exclude: ['@wuchale/svelte'],
          include: [
            '@bufbuild/protobuf/wire',
            '@noble/hashes/legacy.js',
            '@noble/hashes/sha2.js',
            '@noble/hashes/utils.js',
            'wuchale/runtime',
          ],
        },
        test: {
          name: 'browser',
          include: [browserTests],
          testTimeout: 120_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                args: chromiumArgs('software'),
                ...(executablePath === null ? {} : { executablePath }),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          environment: 'node',
          include: [endToEndTests],
          globalSetup: 'tests/e2e/setup.ts',
          // Much of their time is waiting. More browsers than this make each other miss their deadlines.
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
