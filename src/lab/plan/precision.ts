/** @file The precisions that the page and the command line can ask for, and their names. */
export {
  precisionWishes,
  precisionWords,
  type ChosenPrecision,
  type PrecisionWish,
} from '../../models/precision.ts';
