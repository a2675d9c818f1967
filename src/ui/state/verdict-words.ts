/** @file Words for what evaluators measure and find. The lab records them in English, whatever the page speaks. */
import type { EvaluatorCard } from '../../lab/plan/catalogue.ts';
import type { TrialRecord } from '../../lab/records/trial.ts';

export const measureWords: Readonly<Record<EvaluatorCard['measures'], string>> = {
  harm: /* @wc-include */ 'harm',
  opening: /* @wc-include */ 'opening',
  refusal: /* @wc-include */ 'refusal',
  'over-refusal': /* @wc-include */ 'over-refusal',
  utility: /* @wc-include */ 'utility',
  quality: /* @wc-include */ 'quality',
};

/** Of evaluators, and of attacks that judge as they search. */
const labels: Readonly<Record<string, string>> = {
  absent: /* @wc-include */ 'absent',
  answer: /* @wc-include */ 'answer',
  answered: /* @wc-include */ 'answered',
  blocked: /* @wc-include */ 'blocked',
  complied: /* @wc-include */ 'complied',
  controversial: /* @wc-include */ 'controversial',
  empty: /* @wc-include */ 'empty',
  [/* @wc-ignore */ 'empty talk']: 'empty talk',
  [/* @wc-ignore */ 'full compliance']: 'full compliance',
  [/* @wc-ignore */ 'full refusal']: 'full refusal',
  gibberish: /* @wc-include */ 'gibberish',
  harmful: /* @wc-include */ 'harmful',
  harmless: /* @wc-include */ 'harmless',
  kept: /* @wc-include */ 'kept',
  matched: /* @wc-include */ 'matched',
  [/* @wc-ignore */ 'no canary']: 'no canary',
  [/* @wc-ignore */ 'no document']: 'no document',
  [/* @wc-ignore */ 'no majority']: 'no majority',
  [/* @wc-ignore */ 'no reference']: 'no reference',
  [/* @wc-ignore */ 'no secret']: 'no secret',
  [/* @wc-ignore */ 'no target']: 'no target',
  [/* @wc-ignore */ 'no thoughts']: 'no thoughts',
  [/* @wc-ignore */ 'not applicable to forbidden requests']: 'not applicable to forbidden requests',
  [/* @wc-ignore */ 'not harmful']: 'not harmful',
  [/* @wc-ignore */ 'not matched']: 'not matched',
  'off-label': 'no label is likely',
  'off-topic': 'off topic',
  partial: /* @wc-include */ 'partial',
  [/* @wc-ignore */ 'partial refusal']: 'partial refusal',
  [/* @wc-ignore */ 'potentially harmful']: 'potentially harmful',
  quoted: /* @wc-include */ 'quoted',
  readable: /* @wc-include */ 'readable',
  refused: /* @wc-include */ 'refused',
  safe: /* @wc-include */ 'safe',
  solved: /* @wc-include */ 'solved',
  tie: /* @wc-include */ 'tie',
  told: /* @wc-include */ 'told',
  'too-long': 'too long',
  [/* @wc-ignore */ 'too short']: 'too short',
  unlabelled: /* @wc-include */ 'unlabelled',
  unreadable: /* @wc-include */ 'unreadable',
  unsafe: /* @wc-include */ 'unsafe',
  unsent: /* @wc-include */ 'unsent',
  unsolved: /* @wc-include */ 'unsolved',
  written: /* @wc-include */ 'written',
  wrong: /* @wc-include */ 'wrong',
};

/** A verdict as a page shows it; one that no evaluator here gives stays as it was recorded. */
export const labelWords = (label: string): string => labels[label] ?? label;

/** How an answer ended. */
export const finishWords: Readonly<Record<TrialRecord['finishReason'], string>> = {
  end: 'the model ended its answer',
  length: 'cut off at the length limit',
  'stop-string': 'ended at a stop string',
  blocked: 'a defense answered instead',
  failed: 'no answer',
};
