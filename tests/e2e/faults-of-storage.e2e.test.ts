/** @file Storage that fails, and damaged input. */
import { fuzz } from '../../scripts/faults/fuzz.ts';
import { storage } from '../../scripts/faults/storage.ts';
import { testParts } from './fault-parts.ts';

testParts([
  [storage, 2],
  [fuzz, 30],
]);
