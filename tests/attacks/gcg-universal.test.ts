import { describe, expect, test } from 'vitest';
import { gcgUniversal } from '../../src/attacks/gcg-universal.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { targetLoss } from '../models/target-loss.ts';
import { behavior, drain } from './drain.ts';

const longer: Behavior = { ...behavior, id: 'long', prompt: `${behavior.prompt} of an old giant` };
/** BOS, the user header, the request and a blank come before the suffix. */
const startOf = ({ prompt }: Behavior) => 2 + `${prompt} `.length;

/** Each behavior has a suffix of its own that costs nothing; a letter costs the square of its distance from it. */
const landscape = (secrets: ReadonlyMap<Behavior, string>, scale = 400) => {
  const tokenizer = scriptedTokenizer();
  return scripted({
    tokenizer,
    answer: 'Sure',
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

describe('one suffix for two behaviors that want different ones', () => {
  const search = (more: object, setting = {}) =>
    drain(gcgUniversal, { model: apart(), others: [longer], options: { ...options, ...more }, ...setting });

  test('is the best for both on average', async () => {
    const { result, steps } = await search({ progressive: false, fluency: 0 });
    expect(suffixIn(lastUserText(result.messages), behavior)).toBe('eee');
    expect(steps[0]!.detail).toMatchObject({ behaviors: 2, models: 1 });
  });
  test('starts with the behavior itself; the other joins when the suffix works on it, not before', async () => {
    const { steps } = await search({ testEvery: 3 });
    const joined = steps.map(({ detail }) => detail!['behaviors']);
    expect(joined[0]).toBe(1);
    expect(joined.at(-1)).toBe(2);
    const first = steps.findIndex(({ detail }) => detail!['works'] === true);
    expect(joined.slice(0, first + 1)).toEqual(Array(first + 1).fill(1));
    expect(joined[first + 1] ?? 2).toBe(2);
  });
  test('leaves its own behavior out when asked, and is placed after it anyway', async () => {
    const { result } = await search({ own: false });
    expect(suffixIn(lastUserText(result.messages), behavior)).toBe('ggg');
    expect(result.messages).toHaveLength(1);
  });
  test('reports for the string it returns the loss of that string', async () => {
    const { result } = await search({ steps: 9 });
    expect(await targetLoss(apart(), result.messages, 'Sure')).toBeCloseTo(result.loss!, 4);
  });
  test('never reports a best loss above an earlier one of the same behaviors', async () => {
    const { steps } = await search({ testEvery: 3 });
    for (let i = 1; i < steps.length; i++)
      if (steps[i]!.detail!['behaviors'] === steps[i - 1]!.detail!['behaviors'])
        expect(steps[i]!.bestLoss!).toBeLessThanOrEqual(steps[i - 1]!.bestLoss!);
  });
  test('claims success or not by its own test', async () => {
    expect((await search({})).result.claimed).toBe(true);
    const far = landscape(new Map([[behavior, 'zzz']]), 1);
    expect((await search({ steps: 1 }, { model: far })).result.claimed).toBe(false);
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
      roles: { scorer: other },
      options: { ...both, progressive: false },
    });
    expect(suffixIn(lastUserText(result.messages), behavior)).toBe('eee');
  });
  test('is rejected when its tokenizer differs, or when it is not white-box', async () => {
    const merging = scripted({ tokenizer: scriptedTokenizer(['! ']), answer: 'Sure', cost: () => 0 });
    // Spells the suffix alike, but its gradients have one column more.
    const larger = scripted({ tokenizer: scriptedTokenizer(['zz']), answer: 'Sure', cost: () => 0 });
    const closed = scripted({ reply: () => 'Sure' });
    for (const scorer of [merging, larger, closed])
      await expect(drain(gcgUniversal, { model, roles: { scorer }, options: both })).rejects.toMatchObject({
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
  await drain(gcgUniversal, { model: counting, options: { ...options, steps: 1, fluency: 1 } });
  // Targets have four tokens; suffixes, of "! !", three.
  expect(asked).toContain(3);
});

test('a suffix for other behaviors needs other behaviors', async () => {
  const alone = drain(gcgUniversal, {
    model: apart(),
    others: [{ ...longer, kind: 'benign' }],
    options: { ...options, own: false },
  });
  await expect(alone).rejects.toMatchObject({ code: 'bad-input' });
});
