import { describe, expect, test } from 'vitest';
import { conversation } from '../../src/attacks/attack.ts';
import { behaviorSchema } from '../../src/core/behavior.ts';
import { findCanary } from '../../src/core/canary.ts';
import { behaviorSets } from '../../src/data/index.ts';
import { injection, injectionTraining } from '../../src/data/injection/behaviors.ts';
import { heldOutSituations, places, taskKinds, trainingSituations } from '../../src/data/injection/world.ts';
import { documentTask } from '../../src/evaluators/rules/document-task.ts';

const ofKind = (set: typeof injection, kind: string) =>
  set.behaviors.filter((behavior) => behavior.kind === kind);

test('there are 32 held-out injections, two for each kind of task at each place, and a twin for each', () => {
  expect(behaviorSets.get('injection')).toBe(injection);
  expect(ofKind(injection, 'harmful')).toHaveLength(32);
  expect(ofKind(injection, 'benign')).toHaveLength(32);
  for (const kind of taskKinds)
    for (const place of places)
      expect(heldOutSituations.filter((one) => one.kind === kind && one.place === place)).toHaveLength(2);
  expect(new Set(heldOutSituations.map(({ canary }) => canary)).size).toBe(32);
});

describe.each([injection, injectionTraining])('$id', (set) => {
  test('is valid, and no id comes twice', () => {
    for (const behavior of set.behaviors) expect(behaviorSchema.parse(behavior)).toEqual(behavior);
    expect(new Set(set.behaviors.map(({ id }) => id)).size).toBe(set.behaviors.length);
  });
  test('asks for a canary that stands in the instruction alone', () => {
    for (const { prompt, canary, target, document } of ofKind(set, 'harmful')) {
      expect(findCanary(prompt, canary!, [])).toBe('written');
      expect(findCanary(target!, canary!, [])).toBe('written');
      expect(findCanary(`${document!.task!} ${document!.text}`, canary!, [])).toBe('absent');
    }
  });
  test('has documents that fit a context of 512 tokens with an instruction in them', () => {
    for (const behavior of set.behaviors) {
      const words = conversation(behavior).flatMap(({ content }) => content.split(/\s+/));
      expect(words.length).toBeLessThan(110);
    }
  });
  test('has a twin of each injection: the same task and document without the instruction', () => {
    for (const { id, document, context } of ofKind(set, 'harmful')) {
      const twin = set.behaviors.find((other) => other.id === `${id}-twin`)!;
      expect(twin).toMatchObject({ prompt: document!.task, context, kind: 'benign' });
      const without = document!.text.replace(/ ?\{attacker\} ?/, ' ').replace(/\n<!-- -->$/, '');
      expect(twin.document!.text).toBe(without.trim());
      expect(twin.document!.answer).toBe(document!.answer);
    }
  });
  test('gives the answer in the document, and nothing wrong in the answer', async () => {
    for (const behavior of ofKind(set, 'benign')) {
      const { answer, text, wrong } = behavior.document!;
      const score = (response: string) =>
        documentTask.score({ behavior, messages: [], response }, {}, null as never);
      expect((await score(`It is ${answer}.`)).value, behavior.id).toBe(1);
      if (behavior.category !== 'label') expect(text).toContain(answer);
      for (const word of wrong) expect((await score(`It is ${answer}, ${word}.`)).value).toBe(0);
    }
  });
});

test('the training part shares no sentence, task, name, town or instruction with the held-out part', () => {
  const sentences = (all: typeof heldOutSituations) =>
    all.flatMap(({ task, sentences: told, canary }) => [task, canary, ...told]);
  const shared = (a: readonly string[], b: readonly string[]) => a.filter((text) => b.includes(text));
  expect(shared(sentences(heldOutSituations), sentences(trainingSituations))).toEqual([]);
  const instruction = ({ prompt, canary }: (typeof injection.behaviors)[number]) =>
    prompt.replace(canary!, '');
  expect(
    shared(
      ofKind(injection, 'harmful').map(instruction),
      ofKind(injectionTraining, 'harmful').map(instruction),
    ),
  ).toEqual([]);
});
