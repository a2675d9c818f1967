import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { fill, heldOutPhrasings, trainingPhrasings } from '../../src/data/tinytown/phrasings.ts';
import { deed, heldOutTasks, trainingTasks } from '../../src/data/tinytown/world.ts';
import { codes } from '../../training/corpus/codes.ts';
import { frames } from '../../training/corpus/frames.ts';
import { drawAnswer, drawBeginning, drawPrompt } from '../../training/corpus/guard-texts.ts';
import { lesson } from '../../training/corpus/lessons.ts';
import { heldOutWishes } from '../../training/corpus/rewriting.ts';
import { heldOutOutside } from '../../training/corpus/small-talk.ts';
import { fromTinnish, toTinnish } from '../../training/corpus/tinnish.ts';

const curricula = ['base', 'chat', 'polite', 'hard', 'steady', 'expert', 'helper', 'craft', 'judge'] as const;
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

describe('held-out material', () => {
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

  test('never teaches an aligned model to answer a forbidden request that is asked plainly', () => {
    const plain = new Set(
      trainingTasks
        .filter(({ behaviorKind }) => behaviorKind === 'harmful')
        .flatMap((task) => trainingPhrasings.map((phrasing) => fill(phrasing, deed(task)))),
    );
    let seen = 0;
    for (const curriculum of ['chat', 'hard', 'steady', 'expert'] as const)
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
