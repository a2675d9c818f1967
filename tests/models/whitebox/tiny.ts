/** @file As `tiny-model.ts`, with a device of Node. */
import { openDevice } from '#arrays/host';

export * from './tiny-model.ts';

export const device = await openDevice('wasm', 1);
