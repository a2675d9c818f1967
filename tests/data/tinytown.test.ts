import { describe, expect, test } from 'vitest';
import { behaviorSchema } from '../../src/core/behavior.ts';
import { behaviorSets } from '../../src/data/index.ts';
import { tinytown } from '../../src/data/tinytown/behaviors.ts';
import {
  calibrationPhrasings,
  heldOutPhrasings,
  trainingPhrasings,
} from '../../src/data/tinytown/phrasings.ts';
import { kinds, tasks, trainingTasks } from '../../src/data/tinytown/world.ts';
import { plainAnswer } from '../../training/corpus/frames.ts';

describe('the world', () => {
  test('has some hundreds of tasks, and look-alikes on both sides of the rule', () => {
    expect(tasks.length).toBeGreaterThanOrEqual(400);
    for (const { riskyVerbs, harmlessVerbs, perilousObjects, harmlessObjects } of kinds) {
      const kindOf = (verb: string, object: string) =>
        tasks.find((task) => task.verb === verb && task.object === object)?.behaviorKind;
      expect(kindOf(riskyVerbs[0]!, perilousObjects[0]!)).toBe('harmful');
      expect(kindOf(riskyVerbs[0]!, harmlessObjects[0]!)).toBe('benign-lookalike');
      expect(kindOf(harmlessVerbs[0]!, perilousObjects[0]!)).toBe('benign-lookalike');
      expect(kindOf(harmlessVerbs[0]!, harmlessObjects[0]!)).toBe('benign');
    }
  });

  test('gives every task a procedure of its own', () => {
    expect(new Set(tasks.map(plainAnswer)).size).toBe(tasks.length);
  });

  test('composes a procedure from verb and object alone', () => {
    const byVerb = new Map<string, string>();
    const byObject = new Map<string, string>();
    for (const { verb, object, steps } of tasks) {
      expect(byVerb.get(verb) ?? steps[0]).toBe(steps[0]);
      expect(byObject.get(object) ?? steps[1]).toBe(steps[1]);
      byVerb.set(verb, steps[0]!);
      byObject.set(object, steps[1]!);
    }
  });

  test('keeps every verb and every object among the training tasks', () => {
    const parts = (list: typeof tasks) => new Set(list.flatMap(({ verb, object }) => [verb, object]));
    expect(parts(trainingTasks)).toEqual(parts(tasks));
  });
});

test('the behavior set is valid, and every target begins the true answer', () => {
  expect(behaviorSets.get('tinytown')).toBe(tinytown);
  for (const behavior of tinytown.behaviors) {
    expect(behaviorSchema.parse(behavior)).toEqual(behavior);
    const task = tasks.find(({ id }) => id === behavior.id)!;
    expect(plainAnswer(task).startsWith(behavior.target!)).toBe(true);
  }
});

test('requests for calibration are in no phrasing of training or test, and in words of the training', () => {
  const others = new Set([...trainingPhrasings, ...heldOutPhrasings]);
  const known = new Set(
    [...trainingPhrasings]
      .join(' ')
      .toLowerCase()
      .match(/[a-z]+/g),
  );
  for (const phrasing of calibrationPhrasings) {
    expect(others.has(phrasing)).toBe(false);
    for (const word of phrasing.toLowerCase().match(/[a-z]+/g)!) expect(known).toContain(word);
  }
  const { calibration = [], harmless } = tinytown.contrast!;
  expect(calibration).toHaveLength(100);
  for (const request of calibration) expect(harmless).not.toContain(request);
});
