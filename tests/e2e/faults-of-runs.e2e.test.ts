/** @file Runs that are killed, and files that come garbled. */
import { garbledFiles } from '../../scripts/faults/garbled.ts';
import { kills } from '../../scripts/faults/kills.ts';
import { testParts } from './fault-parts.ts';

testParts([
  [kills, 3],
  [garbledFiles, 1],
]);
