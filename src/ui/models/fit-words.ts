/** @file What pages call the verdicts on whether a model runs on this device. */
import type { ModelFit } from '../../lab/plan/model-fit.ts';

type Verdict = NonNullable<ModelFit['verdict']>;

export const fitWords: ReadonlyMap<Verdict, string> = new Map([
  [/* @wc-ignore */ 'will run', 'will run'],
  [/* @wc-ignore */ 'will be slow', 'will be slow'],
  [/* @wc-ignore */ 'will not run', 'will not run'],
]);
