import { describe, expect, test } from 'vitest';
import type { Behavior } from '../../../src/core/behavior.ts';
import { catalogueOf, registries } from '../../../src/lab/trials/registries.ts';
import { parseRelearningRequest } from '../../../src/lab/plan/relearning-request.ts';
import { parseTrainingPlan } from '../../../src/lab/plan/training-plan.ts';
import { resolveTraining } from '../../../src/lab/training/run-training.ts';
import { expandPlan } from '../../../src/lab/trials/trials.ts';
import { resolveRequest } from '../../../src/lab/trials/resolve.ts';
import { lessons } from '../../../src/ui/lessons/content/index.ts';
import {
  attackRequest,
  chatRequest,
  comparedIn,
  lessonSet,
  microscopeLink,
  planOf,
  trainingPlan,
} from '../../../src/ui/lessons/requests.ts';
import type { Activity } from '../../../src/ui/lessons/lesson.ts';
import { readMicroscopeLink } from '../../../src/ui/links/setups.ts';
import { relearningRequest } from '../../../src/ui/training/relearning.svelte.ts';
import { LessonProgress } from '../../../src/ui/lessons/lesson-progress.svelte.ts';

const catalogue = catalogueOf(registries);
const { behaviors } = registries.sets.get(lessonSet);
const behaviorOf = (id: string): Behavior =>
  behaviors.find((behavior) => behavior.id === id) ?? expect.fail(`There is no behavior "${id}".`);
const wordsIn = (text: string) => text.split(/\s+/).length;

/** @throws LabError for anything that the lab does not have */
function resolveAll(activity: Activity): void {
  switch (activity.kind) {
    case 'ask':
      for (const ask of activity.asks) {
        const behavior = behaviorOf(ask.behavior);
        resolveRequest(chatRequest(ask, behavior, activity, catalogue), behavior, registries);
      }
      return;
    case 'attack': {
      const behavior = behaviorOf(activity.behavior);
      resolveRequest(attackRequest(activity, behavior, catalogue), behavior, registries);
      return;
    }
    case 'tokens': {
      const { model, lanes } = readMicroscopeLink(microscopeLink(activity))!;
      const { defense, options } = lanes![0]!;
      expect(catalogue.models.map(({ id }) => id)).toContain(model);
      expect(catalogue.defenses.find(({ id }) => id === defense)?.stage).toBe('decoding');
      const chip = [{ id: defense!, options: options ?? {} }];
      const ask = { title: '', behavior: behaviors[0]!.id, defenses: chip };
      resolveRequest(
        chatRequest(ask, behaviors[0]!, { kind: 'ask', asks: [ask] }, catalogue),
        behaviors[0]!,
        registries,
      );
      return;
    }
    case 'plan':
      expandPlan(planOf('Lesson', activity, catalogue), registries);
      return;
    case 'train': {
      expect(catalogue.models.map(({ id }) => id)).toContain(activity.model);
      const { model, training } = activity;
      if (training) resolveTraining(parseTrainingPlan(trainingPlan(model, training)));
      parseRelearningRequest(relearningRequest(comparedIn(activity, training ? 'trained' : null)));
    }
  }
}

test('ids are unique, and fit a link', () => {
  const ids = lessons.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z-]+$/);
});

describe.each(lessons.map((lesson) => [lesson.title, lesson] as const))('%s', (_, lesson) => {
  test('takes five to ten minutes, and has a goal and a note for the teacher', () => {
    expect(lesson.minutes).toBeGreaterThanOrEqual(5);
    expect(lesson.minutes).toBeLessThanOrEqual(10);
    expect(lesson.goal.length).toBeGreaterThan(20);
    expect(lesson.notes.length).toBeGreaterThan(1);
  });
  test.each(lesson.steps.map((step) => [step.title, step] as const))(
    '%s: short, with a prediction that can be settled, in the lab as it is',
    (__, { text, after, prediction, activity }) => {
      expect(wordsIn(text)).toBeLessThanOrEqual(80);
      expect(wordsIn(after)).toBeLessThanOrEqual(80);
      if (prediction) expect(Object.keys(prediction.choices)).toContain(prediction.expected);
      resolveAll(activity);
    },
  );
});

describe('progress', () => {
  const store = () => {
    const items = new Map<string, string>();
    return {
      getItem: (name: string) => items.get(name) ?? null,
      setItem: (name: string, text: string) => void items.set(name, text),
    };
  };

  test('is there again at the next visit, until it is reset', () => {
    const kept = store();
    const first = new LessonProgress(kept);
    first.choose('a', 0, 'yes');
    first.settle('a', 0, { outcome: 'no', fits: true });
    const next = new LessonProgress(kept);
    expect(next.of('a', 0)).toEqual({ choice: 'yes', outcome: 'no', fits: true });
    expect([next.doneIn('a'), next.doneIn('b')]).toEqual([1, 0]);
    next.reset('a');
    expect(new LessonProgress(kept).doneIn('a')).toBe(0);
  });

  test('a prediction no longer changes once its result is known', () => {
    const progress = new LessonProgress(null);
    progress.choose('a', 2, 'yes');
    progress.choose('a', 2, 'no');
    progress.settle('a', 2, { outcome: 'no', fits: true });
    progress.choose('a', 2, 'yes');
    expect(progress.of('a', 2).choice).toBe('no');
  });

  test.each(['{', '{"a":[1]}', '{"a":{"0":{"choice":7}}}'])('what the store holds is checked: %s', (text) => {
    const progress = new LessonProgress({ getItem: () => text, setItem: () => {} });
    expect(progress.doneIn('a')).toBe(0);
  });

  test('without a store it lasts as long as the page', () => {
    const refused = () => {
      throw new Error('refused');
    };
    const progress = new LessonProgress({ getItem: refused, setItem: refused });
    progress.settle('a', 0, { outcome: '', fits: true });
    expect(progress.isDone('a', 0)).toBe(true);
  });
});
