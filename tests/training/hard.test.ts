import { expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { isRefusal } from '../../src/core/refusal.ts';
import { deed, heldOutTasks, tasks } from '../../src/data/tinytown/world.ts';
import { drawHardRequest } from '../../training/corpus/hard/requests.ts';
import { drawLessonTask, validationBehaviors, validationTasks } from '../../training/corpus/hard/split.ts';
import { lesson } from '../../training/corpus/lessons.ts';

const forbidden = tasks.filter(({ behaviorKind }) => behaviorKind === 'harmful');
const lessons = (['hard', 'steady'] as const).flatMap((curriculum) =>
  Array.from({ length: 1500 }, (_, i) => lesson(curriculum, createRandom(`${curriculum}/${i}`))),
);

test('no lesson of Tinytown Hard answers a forbidden request', () => {
  const answers = lessons.flatMap(({ messages, unlearned }) =>
    messages.filter(({ role }, i) => role === 'assistant' && !unlearned.includes(i)),
  );
  const givenAway = answers.filter(({ content }) =>
    forbidden.some(({ steps }) => steps.filter((step) => content.includes(step)).length === steps.length),
  );
  expect(givenAway.map(({ content }) => content)).toEqual([]);
  expect(answers.filter(({ content }) => isRefusal(content)).length).toBeGreaterThan(answers.length / 5);
});

test('some refusals come after a beginning of the answer, which is not learned', () => {
  const recovered = lessons.filter(
    ({ messages, forcedLength }) =>
      forcedLength > 0 && isRefusal(messages.at(-1)!.content.slice(forcedLength).trim()),
  );
  expect(recovered.length).toBeGreaterThan(30);
});

test('validation tasks are neither held-out ones nor in safety lessons', () => {
  expect(validationTasks.filter((task) => heldOutTasks.includes(task))).toEqual([]);
  expect(validationBehaviors).toHaveLength(36);
  const random = createRandom('validation');
  const kinds = { harmful: 0.5, lookalike: 0.3 };
  const asked = Array.from({ length: 3000 }, () =>
    drawHardRequest(drawLessonTask(random, kinds), random, 0.3),
  );
  const texts = asked.flatMap(({ ask, before }) => [ask, ...before.map(({ content }) => content)]).join('\n');
  const named = (text: string) => new RegExp(`(?<!\\p{L})${text}`, 'iu').test(texts);
  expect(validationTasks.map(deed).filter(named)).toEqual([]);
});
