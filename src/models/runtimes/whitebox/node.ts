/**
 * @file What jax-js needs that Node 20 lacks: iterator helpers and a `navigator`. Node scripts and tests import
 * this before anything that imports jax-js; pages never do.
 */
import 'core-js/actual/iterator/index.js';

if (!('navigator' in globalThis))
  Object.defineProperty(globalThis, 'navigator', {
    value: { hardwareConcurrency: 1, userAgent: 'Node.js' },
    configurable: true,
  });
