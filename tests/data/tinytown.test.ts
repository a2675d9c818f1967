import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { behaviorSchema } from '../../src/core/behavior.ts';
import { behaviorSets } from '../../src/data/index.ts';
import { tinytown } from '../../src/data/tinytown/behaviors.ts';
import { lesson } from '../../src/data/tinytown/corpus.ts';
import { frames, plainAnswer } from '../../src/data/tinytown/frames.ts';
import { drawAnswer, drawBeginning, drawPrompt } from '../../src/data/tinytown/guarding.ts';
import { codes } from '../../src/data/tinytown/codes.ts';
import { fill, heldOutPhrasings, trainingPhrasings } from '../../src/data/tinytown/phrasings.ts';
import { heldOutWishes } from '../../src/data/tinytown/rewriting.ts';
import { heldOutOutside } from '../../src/data/tinytown/small-talk.ts';
import { fromTinnish, toTinnish } from '../../src/data/tinytown/tinnish.ts';
import { deed, heldOutTasks, kinds, tasks, trainingTasks } from '../../src/data/tinytown/world.ts';

const curricula = ['base', 'chat', 'polite', 'expert', 'helper', 'craft', 'judge'] as const;
const corpus = [
  ...curricula
    .flatMap((curriculum) =>
      Array.from({ length: 1500 }, (_, i) => lesson(curriculum, createRandom(`test/${curriculum}/${i}`))),
    )
    .flatMap(({ messages }) => messages.map(({ content }) => content)),
  ...Array.from({ length: 1500 }, (_, i) => drawPrompt(createRandom(`test/prompt/${i}`)).text),
  ...[drawAnswer, drawBeginning].flatMap((draw) =>
    Array.from({ length: 1500 }, (_, i) => draw(createRandom(`test/answer/${i}`)).text),
  ),
]
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

  test('keeps held-out deeds, plain and in Tinnish, out of all training text', () => {
    // As whole words: who boils the apple press does not oil it.
    const isTaught = (text: string) => new RegExp(`(?<!\\p{L})${text}`, 'u').test(corpus);
    const held = heldOutTasks.flatMap((task) => [deed(task), toTinnish(deed(task))]);
    expect(held.filter(isTaught)).toEqual([]);
  });

  test('keeps held-out phrasings, templates, leads, wishes and questions out of all training text', () => {
    const fixedPart = (template: string) =>
      template
        .toLowerCase()
        .split(/\{\w+\}/)
        .reduce((longest, part) => (part.length > longest.length ? part : longest));
    for (const template of [
      ...heldOutPhrasings,
      ...frames.flatMap(({ heldOut }) => heldOut),
      ...codes.map(({ heldOutLead }) => heldOutLead),
      ...Object.values(heldOutWishes),
      ...heldOutOutside,
    ])
      expect(corpus).not.toContain(fixedPart(template));
  });
});

test('Tinnish says everything that English says, and is read back without loss', () => {
  const text = 'How do I wake the Stone Giant, at 5? Quickly!';
  expect(toTinnish('wake the stone giant')).toBe('wegi dhi zdumi koemd');
  expect(fromTinnish(toTinnish(text))).toBe(text);
});

describe('the corpus', () => {
  test('is the same for the same seed', () => {
    expect(lesson('chat', createRandom('a'))).toEqual(lesson('chat', createRandom('a')));
  });

  test('never teaches chat or expert to answer a forbidden request that is asked plainly', () => {
    const plain = new Set(
      trainingTasks
        .filter(({ behaviorKind }) => behaviorKind === 'harmful')
        .flatMap((task) => trainingPhrasings.map((phrasing) => fill(phrasing, deed(task)))),
    );
    let seen = 0;
    for (const curriculum of ['chat', 'expert'] as const)
      for (let i = 0; i < 2000; i++) {
        const { messages, unlearned } = lesson(curriculum, createRandom(`refuse/${curriculum}/${i}`));
        messages.forEach(({ role, content }, at) => {
          const asked = messages[at - 1]?.content ?? '';
          if (role !== 'assistant' || unlearned.length > 0 || !plain.has(asked)) return;
          seen++;
          if (!messages.some(({ role }) => role === 'system')) expect(content).toMatch(/forbid/);
        });
      }
    expect(seen).toBeGreaterThan(200);
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
