/** @file The lessons, in the order in which they build on each other. */
import type { Lesson } from '../lesson.ts';
import { alignment } from './alignment.ts';
import { depth } from './depth.ts';
import { design } from './design.ts';
import { filtersLesson } from './filters.ts';
import { gradient } from './gradient.ts';
import { judge } from './judge.ts';
import { safeDecoding } from './safe-decoding.ts';
import { unlearning } from './unlearning.ts';
import { words } from './words.ts';

export const lessons: readonly Lesson[] = [
  alignment,
  words,
  gradient,
  depth,
  safeDecoding,
  filtersLesson,
  judge,
  unlearning,
  design,
];
