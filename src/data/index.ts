/** @file The behavior sets that ship with the lab. */
import { registry } from '../core/method.ts';
import { injection, injectionTraining } from './injection/behaviors.ts';
import { secrets, secretsTraining } from './secrets/behaviors.ts';
import { tinytown } from './tinytown/behaviors.ts';

export const behaviorSets = registry('behavior set', [
  tinytown,
  secrets,
  secretsTraining,
  injection,
  injectionTraining,
]);
