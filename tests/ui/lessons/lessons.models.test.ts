/** @file Every lesson on the bundled models: what its explanations say is what comes out. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lessons } from '../../../src/ui/lessons/content/index.ts';
import { explains, type Kind, type Results, type Step, type StepOf } from '../../../src/ui/lessons/lesson.ts';
import { lessonSet } from '../../../src/ui/lessons/requests.ts';
import { openBundledLab, type BundledLab } from '../../lab/bundled-lab.ts';
import { runActivity, type LessonLab } from './run-step.ts';

let bundled: BundledLab;
let here: LessonLab;
beforeAll(async () => {
  bundled = await openBundledLab();
  const { lab } = bundled;
  const behaviors = await lab.behaviors(lessonSet);
  if (behaviors.status !== 'done') expect.fail(JSON.stringify(behaviors));
  here = { lab, catalogue: await lab.catalogue(), behaviors: behaviors.value };
});
afterAll(() => bundled.close());

/** Texts and scores, for a message. */
const told = (result: Results[Kind]): string =>
  JSON.stringify(result, (key, value: unknown) =>
    ['top', 'tokens', 'policy', 'usage', 'record', 'comparisons', 'integrity'].includes(key)
      ? undefined
      : value,
  ).slice(0, 3000);

async function check<K extends Kind>(step: StepOf<K>) {
  const result = (await runActivity(step.activity, here)) as Results[K];
  if (step.prediction)
    expect(step.prediction.outcome(result), `${step.title}: ${told(result)}`).toBe(step.prediction.expected);
  expect(explains(step, result), `${step.title}: ${told(result)}`).toBe(true);
}

describe.each(lessons.map((lesson) => [lesson.title, lesson] as const))('%s', (_, { steps }) => {
  /** A step that predicts and claims nothing has nothing to be checked. */
  const claiming = steps.filter(({ prediction, holds }) => prediction ?? holds);
  test.each(claiming.map((step): [string, Step] => [step.title, step]))('%s', async (__, step) => {
    await check(step as StepOf<Kind>);
  });
});
