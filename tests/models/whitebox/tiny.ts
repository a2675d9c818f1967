/** @file As `tiny-model.ts`, after jax-js was started on WASM in Node. */
import '../../../src/models/runtimes/whitebox/node.ts';
import { defaultDevice, init } from '@jax-js/jax';

export * from './tiny-model.ts';

await init('wasm');
defaultDevice('wasm');
