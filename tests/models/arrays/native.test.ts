import { openDevice } from '#arrays/host';
import { describe } from 'vitest';
import { testBatchInvariance } from './batch-invariance.ts';
import { testDevice } from './device.ts';
import { testThreadInvariance } from './thread-invariance.ts';

const open = (threads = 1) => openDevice('wasm', threads);

describe('the device of Node', () => {
  testDevice(open);
  testBatchInvariance(open);
  testThreadInvariance(open, [2]);
});
