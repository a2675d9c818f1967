/**
 * @file What jax-js expects of a browser and Node 20 lacks. Node scripts and tests import this before anything
 * that imports jax-js; pages never do.
 */
import 'core-js/actual/iterator/index.js';
import v8 from 'node:v8';

// Fused multiply-add in WASM, about a tenth faster; on by default in browsers and in Node from 22.
if (parseInt(process.versions.node) < 22) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');

if (!('navigator' in globalThis))
  Object.defineProperty(globalThis, 'navigator', {
    value: { hardwareConcurrency: 1, userAgent: 'Node.js' },
    configurable: true,
  });
