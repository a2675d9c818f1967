import { openDevice } from '#arrays/host';
import { describe } from 'vitest';
import { testBatchInvariance } from './batch-invariance.ts';
import { testDevice } from './device.ts';

const open = () => openDevice('wasm', 1);

describe('the device of Node', () => {
  testDevice(open);
  testBatchInvariance(open);
});
