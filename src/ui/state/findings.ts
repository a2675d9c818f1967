/** @file What the matrix shows, in sentences; the report of a run says the same. */
export { findings } from '../../lab/analysis/conclusions.ts';
