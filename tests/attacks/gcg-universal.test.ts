import { describe, expect, test } from 'vitest';
import { gcgUniversal } from '../../src/attacks/gcg-universal.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { targetLoss } from '../models/target-loss.ts';
import { parseOptions } from '../../src/core/options.ts';
import { behavior, drain, learn, mutation, roleContext } from './drain.ts';

const { signal } = new AbortController();

const longer: Behavior = { ...behavior, id: 'long', prompt: `${behavior.prompt} of an old giant` };
/** BOS, the user header, the request and a blank come before the suffix. */
const startOf = ({ prompt }: Behavior) => 2 + `${prompt} `.length;

/** Opens with the target, and does what each of the behaviors asks for. */
const answer = 'Sure, write me a story, a song, an old giant: la la.';

/** Each behavior has a suffix of its own that costs nothing; a letter costs the square of its distance from it. */
const landscape = (secrets: ReadonlyMap<Behavior, string>, scale = 400) => {
  const tokenizer = scriptedTokenizer();
  return scripted({
    tokenizer,
    answer,
    cost: (position, id) => {
      for (const [{ prompt }, secret] of secrets) {
        const wanted = secret[position - startOf({ prompt } as Behavior)];
        if (wanted !== undefined) return (id - tokenizer.vocabulary.indexOf(wanted)) ** 2 / scale;
      }
      return 0;
    },
  });
};
const apart = () =>
  landscape(
    new Map([
      [behavior, 'ccc'],
      [longer, 'ggg'],
    ]),
  );
const options = { suffixLength: 2, steps: 60, candidates: 40, topK: 30, testEvery: 1000, behaviors: 2 };
const suffixIn = (text: string, { prompt }: Behavior) => text.slice(`${prompt} `.length);

/** Not fitted to. */
const held: Behavior = { ...behavior, id: 'held', prompt: 'Write me a song' };

describe('one suffix for two behaviors that want different ones', () => {
  const search = (more: object, setting = {}) =>
    drain(gcgUniversal, {
      model: apart(),
      behavior: held,
      others: [behavior, longer],
      options: { ...options, ...more },
      ...setting,
    });
  const fitting = ({ steps }: Awaited<ReturnType<typeof search>>) =>
    steps.filter(({ detail }) => detail!['phase'] === 'fitting');

  test('is the best for both on average, and is put after a third as it is', async () => {
    const { result, steps } = await search({ progressive: false, fluency: 0 });
    expect(suffixIn(lastUserText(result.messages), held)).toBe('eee');
    expect(steps[0]!.detail).toMatchObject({ behaviors: 2, models: 1 });
    expect(steps.at(-1)!.detail).toMatchObject({ phase: 'transfer', trainedOn: [behavior.id, longer.id] });
  });
  test('starts with one; the other joins when the suffix works on it, not before', async () => {
    const joined = fitting(await search({ testEvery: 3 }));
    const counts = joined.map(({ detail }) => detail!['behaviors']);
    expect(counts[0]).toBe(1);
    expect(counts.at(-1)).toBe(2);
    const first = joined.findIndex(({ detail }) => detail!['works'] === true);
    expect(counts.slice(0, first + 1)).toEqual(Array(first + 1).fill(1));
    expect(counts[first + 1] ?? 2).toBe(2);
  });
  test('is fitted once: every behavior gets the same suffix, and no gradient is taken for it', async () => {
    const model = apart();
    const { learned } = await learn(gcgUniversal, { model, others: [behavior, longer], options });
    let gradients = 0;
    const counting = {
      ...model,
      tokenGradient: (...request: Parameters<typeof model.tokenGradient>) => {
        gradients++;
        return model.tokenGradient(...request);
      },
    };
    const suffixes: string[] = [];
    for (const asked of [held, { ...held, id: 'next', prompt: 'Draw me a sheep' }]) {
      const values = parseOptions(gcgUniversal.options, options, gcgUniversal.id);
      const spent = () => false;
      const context = { ...mutation(gcgUniversal), ...roleContext(), signal, others: [], learned, spent };
      const run = gcgUniversal.run(asked, counting as never, values, context);
      for (let next = await run.next(); ; next = await run.next())
        if (next.done) {
          suffixes.push(suffixIn(lastUserText(next.value.messages), asked));
          break;
        }
    }
    expect(new Set(suffixes).size).toBe(1);
    expect(gradients).toBe(0);
  });
  test('reports for the string it returns the loss of that string', async () => {
    const { result } = await search({ steps: 9 });
    expect(await targetLoss(apart(), result.messages, 'Sure')).toBeCloseTo(result.loss!, 4);
  });
  test('never reports a best loss above an earlier one of the same behaviors', async () => {
    const steps = fitting(await search({ testEvery: 3 }));
    for (let i = 1; i < steps.length; i++)
      if (steps[i]!.detail!['behaviors'] === steps[i - 1]!.detail!['behaviors'])
        expect(steps[i]!.bestLoss!).toBeLessThanOrEqual(steps[i - 1]!.bestLoss!);
  });
  test('claims success or not by the answer to the behavior itself', async () => {
    expect((await search({})).result.claimed).toBe(true);
    const far = landscape(
      new Map([
        [behavior, 'ccc'],
        [longer, 'zzz'],
      ]),
      1,
    );
    expect(
      (await search({ behaviors: 1 }, { model: far, behavior: longer, others: [behavior] })).result.claimed,
    ).toBe(false);
  });
  test('replays exactly from its seed', async () => {
    expect(await search({ steps: 5 })).toEqual(await search({ steps: 5 }));
  });
});

describe('a second model', () => {
  // Steep enough that no compromise works, which would end the search.
  const other = landscape(new Map([[behavior, 'ggg']]), 10);
  const model = landscape(new Map([[behavior, 'ccc']]), 10);
  const both = { ...options, behaviors: 1, secondModel: true };
  test('counts as much as the first', async () => {
    const { result } = await drain(gcgUniversal, {
      model,
      behavior: held,
      others: [behavior],
      roles: { scorer: other },
      options: { ...both, progressive: false },
    });
    expect(suffixIn(lastUserText(result.messages), held)).toBe('eee');
  });
  test('is rejected when its tokenizer differs, or when it is not white-box', async () => {
    const merging = scripted({ tokenizer: scriptedTokenizer(['! ']), answer: 'Sure', cost: () => 0 });
    // Spells the suffix alike, but its gradients have one column more.
    const larger = scripted({ tokenizer: scriptedTokenizer(['zz']), answer: 'Sure', cost: () => 0 });
    const closed = scripted({ reply: () => 'Sure' });
    for (const scorer of [merging, larger, closed])
      await expect(
        drain(gcgUniversal, { model, others: [behavior], roles: { scorer }, options: both }),
      ).rejects.toMatchObject({
        code: 'bad-plan',
      });
  });
});

test('fluency makes the search prefer suffixes that the model finds likely', async () => {
  const model = apart();
  const asked: number[] = [];
  const counting = {
    ...model,
    logProbs: (...request: Parameters<typeof model.logProbs>) => {
      asked.push(request[0][0]!.target.length);
      return model.logProbs(...request);
    },
  };
  await drain(gcgUniversal, {
    model: counting,
    others: [behavior],
    options: { ...options, steps: 1, fluency: 1 },
  });
  // Targets have four tokens; suffixes, of "! !", three.
  expect(asked).toContain(3);
});

test('a suffix for other behaviors needs other behaviors', async () => {
  const alone = drain(gcgUniversal, { model: apart(), others: [{ ...longer, kind: 'benign' }], options });
  await expect(alone).rejects.toMatchObject({ code: 'bad-input' });
});
