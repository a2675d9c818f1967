/** @file The data of a training: by name or brought along, with a part held out that is never trained on. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { plural } from '../../core/format.ts';
import type { TrainingData } from '../../core/training-data.ts';
import { shippedData } from '../../data/training-data.ts';
import type { TrainingPlan } from '../plan/training-plan.ts';

/** @throws LabError 'bad-input' for a name that stands for no data */
export function dataOf(plan: Pick<TrainingPlan, 'data'>): TrainingData {
  if (typeof plan.data !== 'string') return plan.data;
  if (Object.hasOwn(shippedData, plan.data)) return shippedData[plan.data]!.make();
  throw new LabError('bad-input', `There is no training data "${excerpt(plan.data)}".`, {
    advice: `Known: ${Object.keys(shippedData).join(', ')}. Data of your own comes as a file.`,
  });
}

export interface SplitData {
  readonly train: TrainingData;
  readonly heldOut: TrainingData;
}

/** Every so many-th of each kind is held out, so that what shares a place in the data is spread over it. */
export function splitData(data: TrainingData, share: number): SplitData {
  const every = share > 0 ? Math.max(2, Math.round(1 / share)) : Infinity;
  const isHeldOut = (_: unknown, i: number) => i % every === every - 1;
  const part = (wanted: boolean): TrainingData => {
    const of = <T>(all: readonly T[]) => all.filter((item, i) => isHeldOut(item, i) === wanted);
    return { benign: of(data.benign), requests: of(data.requests), preferences: of(data.preferences) };
  };
  return { train: part(false), heldOut: part(true) };
}

const promptText = (prompt: TrainingData['benign'][number]['prompt']): string => JSON.stringify(prompt);

/**
 * What is wrong with rows of the data, in words: none of it stops a training. Empty answers do, when a method reads them.
 * @returns for example "3 requests come twice."
 */
export function dataNotes({ benign, requests, preferences }: TrainingData): readonly string[] {
  const repeated = (prompts: readonly string[]) => prompts.length - new Set(prompts).size;
  const twice = repeated(requests.map(({ prompt }) => promptText(prompt)));
  const harmful = new Set(requests.map(({ prompt }) => promptText(prompt)));
  const both = benign.filter(({ prompt }) => harmful.has(promptText(prompt))).length;
  const equal = preferences.filter(({ chosen, rejected }) => chosen === rejected).length;
  return [
    ...(twice > 0 ? [`${plural(twice, 'request')} of the data come twice.`] : []),
    ...(both > 0 ? [`${plural(both, 'request')} stand both among the harmless and the harmful ones.`] : []),
    ...(equal > 0 ? [`${plural(equal, 'preference')} have the same answer chosen and rejected.`] : []),
  ];
}
