/** @file What jax-js expects of a browser and Node 20 lacks. Imported before anything that imports jax-js. */
import 'core-js/actual/iterator/index.js';

if (!('navigator' in globalThis))
  Object.defineProperty(globalThis, 'navigator', {
    value: { hardwareConcurrency: 1, userAgent: 'Node.js' },
    configurable: true,
  });
