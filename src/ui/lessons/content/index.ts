/** @file The lessons, in the order in which they build on each other. */
import type { Lesson } from '../lesson.ts';
import { depth } from './depth.ts';
import { filtersLesson } from './filters.ts';
import { safeDecoding } from './safe-decoding.ts';
import { words } from './words.ts';

export const lessons: readonly Lesson[] = [words, depth, safeDecoding, filtersLesson];
