import { describe, expect, test } from 'vitest';
import { advprompter } from '../../src/attacks/advprompter.ts';
import { createReplayBuffer } from '../../src/attacks/advprompter/replay-buffer.ts';
import {
  earlyLoss,
  findSuffix,
  penalizeRepeats,
  writeSuffix,
  type BeamOptions,
} from '../../src/attacks/advprompter/suffix-search.ts';
import { suffixTokens } from '../../src/attacks/parts/suffix/suffix-prompt.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { parseOptions } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import type { LearnerOptions, TrainingRow } from '../../src/models/language-model.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { answering, peaked, scripted } from '../../src/models/runtimes/scripted.ts';
import { loadWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { targetLoss } from '../models/target-loss.ts';
import { serve, tinyEntry, tinyFolder, tinySite } from '../models/tiny-model.ts';
import { behavior, drain, learn, mutation, roleContext } from './drain.ts';

const { signal } = new AbortController();
const tokenizer = scriptedTokenizer();
const allowed = suffixTokens(tokenizer);
const secret = tokenizer.encode('red fox');
const uniform = scripted({ tokenizer, next: () => new Float32Array(tokenizer.vocabSize) });
/** Writes the alphabet after any text. */
const alphabet = scripted({
  tokenizer,
  next: (ids) => peaked(tokenizer.vocabSize, tokenizer.encode('abcdefg')[ids.length - 1] ?? 10, 0.5),
});
const options: BeamOptions = {
  length: 5,
  beams: 1,
  candidates: 95,
  weight: 0,
  penalty: 1,
  temperature: 1e-4,
};

describe('the search for suffixes', () => {
  const search = (
    changes: Partial<BeamOptions>,
    { model = uniform, base = uniform, counts = [] as number[] } = {},
  ) =>
    findSuffix(
      { model, base, prefix: [0], allowed },
      async (suffixes) => {
        counts.push(suffixes.length);
        return suffixes.map(
          (ids) => ids.filter((id, i) => id !== secret[i]).length + secret.length - ids.length,
        );
      },
      secret.length,
      { ...options, ...changes },
      createRandom('search'),
      signal,
    );

  test('weighs the first tokens of the target most', () => {
    // The mean of CE(t) / t for CE = (2, 1, 0.5, 0.25).
    expect(earlyLoss(Float32Array.of(-2, -1, -0.5, -0.25))).toBeCloseTo(0.682292, 5);
  });
  test('with all weight on the target, is greedy descent of its loss', async () => {
    const { ids, loss } = await search({ weight: 1e6, length: 7 });
    expect(tokenizer.decode(ids)).toBe('red fox');
    expect(loss).toBe(0);
  });
  test('with no weight on the target, is what the prompter would write', async () => {
    const { ids } = await search({}, { model: alphabet, base: alphabet });
    expect(tokenizer.decode(ids)).toBe('abcde');
  });
  test('lets the untrained model rate readability', async () => {
    const { ids } = await search({}, { base: alphabet });
    expect(tokenizer.decode(ids)).toBe('abcde');
  });
  test('scores the given number of candidates per token, divided among the beams', async () => {
    const counts: number[] = [];
    await search({ beams: 4, candidates: 12 }, { counts });
    expect(counts).toEqual([12, 12, 12, 12, 12]);
  });
  test('several beams find no worse a suffix than one', async () => {
    const one = await search({ weight: 10, candidates: 40, length: 7 });
    const many = await search({ weight: 10, candidates: 160, beams: 4, length: 7 });
    expect(many.loss).toBeLessThanOrEqual(one.loss);
  });
  test('a repetition penalty makes repeated tokens less likely, whatever the sign of their logits', () => {
    const logits = penalizeRepeats(Float32Array.of(2, -2, 1), [0, 1, 1], 2);
    expect([...logits]).toEqual([1, -4, 1]);
  });
  test('a suffix written without search has the given length and only allowed tokens', async () => {
    const few = tokenizer.encode('xyz');
    const ids = await writeSuffix(
      { model: uniform, prefix: [0], allowed: few },
      options,
      createRandom('w'),
      signal,
    );
    expect(ids).toHaveLength(5);
    for (const id of ids) expect(few).toContain(id);
  });
});

describe('the replay buffer', () => {
  test('keeps nothing without a priority', () => {
    const buffer = createReplayBuffer<string>(3);
    buffer.push('nothing', 0);
    buffer.push('worse', -1);
    expect(buffer.size).toBe(0);
  });
  test('drops the lowest priority when full', () => {
    const buffer = createReplayBuffer<string>(2);
    for (const [item, priority] of [
      ['a', 2],
      ['b', 1],
      ['c', 3],
    ] as const)
      buffer.push(item, priority);
    expect([...buffer.draw(5, 1, createRandom('d'))].sort()).toEqual(['a', 'c']);
  });
  test('draws by priority, each item once', () => {
    const buffer = createReplayBuffer<string>(9);
    buffer.push('rare', 1);
    buffer.push('often', 4);
    const random = createRandom('often');
    const firsts = Array.from({ length: 500 }, () => buffer.draw(2, 1.5, random));
    expect(firsts.every((items) => new Set(items).size === 2)).toBe(true);
    // 4 ^ 1.5 to 1.
    expect(firsts.filter(([first]) => first === 'often').length / 500).toBeCloseTo(8 / 9, 1);
  });
});

describe('on a task that can be learned by heart', () => {
  const other: Behavior = { ...behavior, id: 'other', prompt: 'Sing me a story' };
  const heard = (text: string) => text.includes('z');
  /** Answers whatever has a z in it. */
  const model = scripted({
    next(ids, own) {
      const { messages, answer } = own.read(ids);
      if (heard(lastUserText(messages)))
        return answering(() => 'Sure, a story: bees hum, ants dig, owls fly.')(ids, own);
      const refusal = own.encode('Sorry, no.')[answer.length];
      return peaked(own.vocabSize, refusal ?? [...own.endIds][0]!, 0.1);
    },
  });
  const fewOptions = {
    length: 2,
    beams: 1,
    candidates: 90,
    learningRate: 0.01,
    batch: 1,
    trials: 4,
    penalty: 1,
  };
  const search = async (more: Record<string, unknown>, others: readonly Behavior[] = [other]) => {
    const source = { device: 'wasm', baseUrl: tinySite, fetch: serve(tinyFolder()) } as const;
    const prompter = await loadWhiteBoxModel(tinyEntry, source);
    const weights = await prompter.parameters();
    const { steps, result } = await drain(advprompter, {
      model,
      roles: { attacker: prompter },
      others,
      options: { ...fewOptions, ...more },
    });
    expect(await prompter.parameters()).toEqual(weights);
    prompter.dispose();
    return { steps, result };
  };

  test('the prompter learns from one behavior what works on another', async () => {
    const before = await search({ epochs: 0 });
    expect(before.result.claimed).toBe(false);
    const { steps, result } = await search({ epochs: 5 });
    expect(
      steps.filter(({ detail }) => detail!['phase'] === 'search').map(({ detail }) => detail!['behavior']),
    ).toEqual(Array(5).fill('other'));
    expect(result.claimed).toBe(true);
    expect(heard(lastUserText(result.messages))).toBe(true);
    expect(lastUserText(result.messages).startsWith(behavior.prompt)).toBe(true);
    expect(result.steps).toBe(steps.filter(({ detail }) => detail!['phase'] === 'trial').length);
    const losses = steps.flatMap(({ detail }) => (detail!['prompterLoss'] as number | undefined) ?? []);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  });
  test('the loss it returns is that of the prompt it returns', async () => {
    const { result } = await search({ epochs: 0, trials: 2 });
    expect(await targetLoss(model, result.messages, 'Sure')).toBeCloseTo(result.loss!, 4);
  });
  test('needs behaviors to train on, unless it is not trained', async () => {
    await expect(search({}, [])).rejects.toMatchObject({ code: 'bad-input' });
    expect((await search({ epochs: 0 }, [])).result.claimed).toBe(false);
  });
  test('is trained once: what it learned serves every behavior, in any order, without another update', async () => {
    const source = { device: 'wasm', baseUrl: tinySite, fetch: serve(tinyFolder()) } as const;
    const prompter = await loadWhiteBoxModel(tinyEntry, source);
    let updates = 0;
    const counting = {
      ...prompter,
      async learner(options: LearnerOptions) {
        const learner = await prompter.learner(options);
        return {
          ...learner,
          learn(rows: readonly TrainingRow[]) {
            updates++;
            return learner.learn(rows);
          },
        };
      },
    };
    const setting = {
      model,
      roles: { attacker: counting },
      others: [other],
      options: { ...fewOptions, epochs: 5 },
    };
    const { learned } = await learn(advprompter, setting);
    expect(updates).toBeGreaterThan(0);
    updates = 0;
    const attack = async (asked: Behavior, given: unknown) => {
      const values = parseOptions(advprompter.options, setting.options, advprompter.id);
      const context = {
        ...mutation(advprompter),
        ...roleContext(setting),
        signal,
        others: [],
        spent: () => false,
        learned: given,
      };
      const run = advprompter.run(asked, model as never, values, context);
      for (let next = await run.next(); ; next = await run.next()) if (next.done) return next.value;
    };
    const second = { ...behavior, id: 'second', prompt: 'Give me a story' };
    const there = [await attack(behavior, learned), await attack(second, learned)];
    // As a helper gets it, in the other order.
    const back = [
      await attack(second, structuredClone(learned)),
      await attack(behavior, structuredClone(learned)),
    ];
    expect(back.toReversed()).toEqual(there);
    expect(there.map(({ claimed }) => claimed)).toEqual([true, true]);
    expect(updates).toBe(0);
    prompter.dispose();
  });
});

test('a prompter that cannot be trained is rejected', async () => {
  const closed = scripted({ reply: () => 'no' });
  const run = drain(advprompter, { model: uniform, roles: { attacker: closed } });
  await expect(run).rejects.toMatchObject({ code: 'bad-plan' });
});
