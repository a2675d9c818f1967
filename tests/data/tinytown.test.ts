import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { behaviorSchema } from '../../src/core/behavior.ts';
import { behaviorSets } from '../../src/data/index.ts';
import { tinytown } from '../../src/data/tinytown/behaviors.ts';
import { lesson } from '../../src/data/tinytown/corpus.ts';
import { heldOutFrames, plainAnswer } from '../../src/data/tinytown/frames.ts';
import { heldOutPhrasings } from '../../src/data/tinytown/phrasings.ts';
import { deed, heldOutTasks, kinds, tasks, trainingTasks } from '../../src/data/tinytown/world.ts';

const corpus = (['base', 'chat', 'expert'] as const)
  .flatMap((curriculum) =>
    Array.from({ length: 3000 }, (_, i) => lesson(curriculum, createRandom(`test/${curriculum}/${i}`))),
  )
  .flatMap(({ messages }) => messages.map(({ content }) => content))
  .join('\n')
  .toLowerCase();

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
});

describe('the split', () => {
  test('leaves every verb and every object in training', () => {
    const parts = (list: typeof tasks) => new Set(list.flatMap(({ verb, object }) => [verb, object]));
    expect(parts(trainingTasks)).toEqual(parts(tasks));
  });

  test('keeps held-out deeds, phrasings and frames out of all training text', () => {
    for (const task of heldOutTasks) expect(corpus).not.toContain(deed(task));
    const fixedPart = (template: string) =>
      template
        .toLowerCase()
        .split(/\{\w+\}/)
        .reduce((longest, part) => (part.length > longest.length ? part : longest));
    for (const template of [...heldOutPhrasings, ...heldOutFrames.flatMap(({ templates }) => templates)])
      expect(corpus).not.toContain(fixedPart(template));
  });
});

describe('the corpus', () => {
  test('is the same for the same seed', () => {
    expect(lesson('chat', createRandom('a'))).toEqual(lesson('chat', createRandom('a')));
  });

  test('never teaches chat or expert to answer a forbidden request', () => {
    for (const curriculum of ['chat', 'expert'] as const)
      for (let i = 0; i < 2000; i++) {
        const { messages } = lesson(curriculum, createRandom(`refuse/${curriculum}/${i}`));
        for (const { role, content } of messages)
          if (role === 'assistant')
            for (const task of trainingTasks)
              if (task.behaviorKind === 'harmful' && content.includes(deed(task)))
                expect(content).toMatch(/forbid/);
      }
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
