import { beforeEach, expect, test } from 'vitest';
import { conversation, defineAttack } from '../../../src/attacks/attack.ts';
import { LabError } from '../../../src/core/errors.ts';
import { registry } from '../../../src/core/method.ts';
import { integer } from '../../../src/core/options.ts';
import { createHelper, type Helper } from '../../../src/lab/run/helper.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import type { Registries } from '../../../src/lab/trials/registries.ts';
import { loadGuard, loadToy, newRunner, plan, registries, runAll, walk } from './harness.ts';

const lessons: (readonly string[])[] = [];
let fails = false;
beforeEach(() => {
  lessons.length = 0;
  fails = false;
});

/** Learns a word from its training behaviors, and puts it behind every request. */
const pupil = defineAttack({
  ...walk,
  id: 'pupil',
  options: { count: integer({ description: 'Behaviors.', default: 2, min: 0, max: 9 }) },
  trainsOn: ({ count }) => Number(count),
  async *learn(training, model, _, { random, signal }) {
    lessons.push(training.map(({ id }) => id));
    if (fails)
      throw new LabError('not-supported', 'There is nothing to be learned here.', { advice: 'Rest.' });
    const { text } = await model.generate(conversation(training[0]!), { maxNewTokens: 4, signal });
    yield { step: 0, detail: { text } };
    return { word: `word${random.integer(1000)}`, trainedOn: training.map(({ id }) => id) };
  },
  async *run(behavior, _model, _options, { learned }) {
    const { word, trainedOn } = learned as { word: string; trainedOn: readonly string[] };
    yield { step: 1, candidate: word, detail: { trainedOn } };
    return { messages: conversation(behavior, `${behavior.prompt} ${word}`), steps: 1 };
  },
});
const withPupil: Registries = {
  ...registries,
  attacks: registry('attack', [...registries.attacks.all, pupil]),
};
const attacks = [{ id: 'direct-request' }, { id: 'pupil' }];
const schooled = { ...plan, attacks };

function helper(): Helper {
  const own = createHelper(createModelPool(loadToy, loadGuard), async () => withPupil);
  return {
    open: (job) => own.open(structuredClone(job)),
    run: async (place, outcomes, onStep) =>
      structuredClone(await own.run(place, structuredClone(outcomes), onStep)),
    end: () => {},
  };
}

test('an attack learns once for a target, and is tested on none of the behaviors that it learned from', async () => {
  const { records, events } = await runAll(schooled, newRunner({ registries: withPupil }));
  expect(lessons).toHaveLength(1);
  const tested = records.filter(({ attack }) => attack === 'pupil').map(({ behavior }) => behavior);
  expect(new Set(tested).size).toBe(3);
  expect(tested.filter((id) => lessons[0]!.includes(id))).toEqual([]);
  const own = records.filter(({ attack }) => attack === 'pupil');
  const words = own.flatMap(({ attackSteps }) => attackSteps.map(({ candidate }) => candidate));
  expect(new Set(words).size).toBe(1);
  expect(events.some((event) => event.type === 'prepare' && event.preparation.defense === 'pupil')).toBe(
    true,
  );
});

test('what is learned does not depend on the number of workers, nor on who computes a trial', async () => {
  const alone = await runAll(schooled, newRunner({ registries: withPupil }));
  lessons.length = 0;
  const shared = await runAll(
    schooled,
    newRunner({ registries: withPupil, startHelpers: () => [helper(), helper()] }),
  );
  expect(lessons).toHaveLength(1);
  expect(shared.lines).toEqual(alone.lines);
});

test('nor on the shard', async () => {
  const whole = await runAll(schooled, newRunner({ registries: withPupil }));
  const parts: string[] = [];
  for (const index of [1, 2]) {
    const part = await runAll(
      { ...schooled, shard: { index, count: 2 } },
      newRunner({ registries: withPupil }),
    );
    parts.push(...part.lines);
  }
  expect(parts.toSorted()).toEqual([...whole.lines].toSorted());
  expect(new Set(lessons.map((ids) => ids.join())).size).toBe(1);
});

test('an attack that cannot learn fails in its own trials alone', async () => {
  fails = true;
  const { records } = await runAll(schooled, newRunner({ registries: withPupil }));
  for (const { attack, error } of records)
    expect(error?.code, attack).toBe(attack === 'pupil' ? 'not-supported' : undefined);
});

test('in a chain it learns from the behaviors as they are', async () => {
  const chain = { ...plan, attacks: [{ attack: [{ id: 'walk' }, { id: 'pupil' }] }] };
  const { records } = await runAll(chain, newRunner({ registries: withPupil }));
  expect(lessons).toHaveLength(1);
  const own = records.filter(({ attack }) => attack === 'walk+pupil');
  expect(own.length).toBeGreaterThan(0);
  for (const { error, attackResult } of own) {
    expect(error).toBeUndefined();
    expect(attackResult.messages.at(-1)!.content).toMatch(/ \d+ word\d+$/);
  }
});
