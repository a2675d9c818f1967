import { describe, expect, test } from 'vitest';
import { clampedLoss } from '../../src/attacks/flrt/objective.ts';
import { deletions, drawKind, likelyTokens, replacements } from '../../src/attacks/flrt/edits.ts';
import { flrt } from '../../src/attacks/flrt.ts';
import { promptReader, repetition } from '../../src/attacks/parts/suffix/fluency.ts';
import { initialSuffix, suffixPrompt } from '../../src/attacks/parts/suffix/suffix-prompt.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { createRandom } from '../../src/core/random.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { targetLoss } from '../models/target-loss.ts';
import { behavior, drain } from './drain.ts';

const help = 'Sure, a story: bees hum, ants dig, owls fly.';
/** Expects one of these letters after any text, and finds the target likelier for each different one that it reads. */
const plain = ' adefnr';

function modelThat(wish = help) {
  const tokenizer = scriptedTokenizer();
  const letters = tokenizer.encode(plain);
  return scripted({
    tokenizer,
    next(ids) {
      const logits = new Float32Array(tokenizer.vocabSize).fill(-6);
      const { messages, answer } = tokenizer.read(ids);
      const suffix = lastUserText(messages).slice(behavior.prompt.length);
      const isOpen = ids.at(-1) !== 4 && answer.length === 0;
      const likely = (text: string, logit: number) =>
        (logits[tokenizer.encode(text)[answer.length] ?? [...tokenizer.endIds][0]!] = logit);
      if (isOpen) for (const id of letters) logits[id] = 0;
      else {
        likely('No.', 3);
        likely(wish, new Set(suffix).size);
      }
      return logits;
    },
  });
}
const options = { steps: 40, candidates: 12, tokens: 5, maxLength: 12, minLength: 3 };
const run = (given: Record<string, unknown> = {}, seed = '1', model = modelThat()) =>
  drain(flrt, { model, options: { ...options, ...given }, seed });
/** All steps of a search that no answer ends. */
const whole = (given: Record<string, unknown>) => run({ steps: 60, ...given }, '1', modelThat('No.'));

describe('FLRT', () => {
  test('grows a suffix of expected tokens until the target is written, and claims that', async () => {
    const { steps, result } = await run();
    const suffix = lastUserText(result.messages).slice(behavior.prompt.length);
    expect(suffix).toMatch(new RegExp(`^[${plain}]+$`));
    expect(result.claimed).toBe(true);
    expect(steps.at(-1)!.loss!).toBeLessThan(steps[0]!.loss!);
  });
  test('the loss that it returns is that of the prompt that it returns', async () => {
    const { result } = await run();
    expect(await targetLoss(modelThat(), result.messages, behavior.target!)).toBeCloseTo(result.loss!, 4);
  });
  test('only inserts below the least length, and never passes the most', async () => {
    const { steps } = await whole({ maxLength: 6 });
    const lengths = steps.map(({ detail }) => detail!['length'] as number);
    expect(lengths.slice(0, 4)).toEqual([1, 2, 3, 4]);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(6);
    expect(new Set(steps.map(({ detail }) => detail!['kind']))).toEqual(
      new Set(['insert', 'swap', 'delete']),
    );
  });
  test('leaves the suffix that it edited, even for a worse one', async () => {
    const { steps } = await run({ testEvery: 0, buffer: 1 });
    const suffixes = steps.map(({ detail }) => detail!['suffix']);
    for (const [i, suffix] of suffixes.entries()) if (i > 0) expect(suffix).not.toBe(suffixes[i - 1]);
  });
  test.each(['fluency', 'repetition'])('a penalty on %s lowers it', async (name) => {
    const mean = async (weight: number) => {
      const { steps } = await whole({ fluency: 0, repetition: 0, [name]: weight });
      const values = steps.slice(10).map(({ detail }) => detail![name] as number);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(await mean(10)).toBeLessThan((await mean(0)) - 0.01);
  });
  test('a second reader adds its cross-entropy, and alone takes the place of the first', async () => {
    const first = async (reader: string) =>
      (
        await drain(flrt, {
          model: modelThat(),
          roles: { scorer: modelThat() },
          options: { ...options, steps: 1, reader },
        })
      ).steps[0]!.detail!['fluency'] as number;
    expect(await first('scorer')).toBeCloseTo(await first('target'), 5);
    expect(await first('both')).toBeCloseTo(2 * (await first('target')), 5);
  });
  test('a reader that shows no distributions is refused', async () => {
    const roles = { scorer: scripted({ reply: () => '' }) };
    await expect(
      drain(flrt, { model: modelThat(), roles, options: { ...options, reader: 'scorer' } }),
    ).rejects.toThrow(expect.objectContaining({ code: 'bad-plan' }));
  });
  test('claims nothing where the model never answers', async () => {
    const { result } = await drain(flrt, {
      model: modelThat('No.'),
      options: { ...options, steps: 5 },
    });
    expect(result).toMatchObject({ claimed: false, steps: 5 });
  });
  test('replays exactly from its seed', async () => {
    expect(await run()).toEqual(await run());
    expect((await run()).steps).not.toEqual((await run({}, '2')).steps);
  });
});

describe('the objective', () => {
  test('weighs the first token half as much again, and counts likely tokens as likely enough', () => {
    const nats = [2, 1, 0.1];
    const expected = (1.5 * 2 + 1 + -Math.log(0.6)) / 3.5;
    expect(
      clampedLoss(
        Float32Array.from(nats, (value) => -value),
        0.6,
      ),
    ).toBeCloseTo(expected, 6);
  });
  test('a text repeats by the occurrences of each token beyond the first, to the power of 1.5', () => {
    expect(repetition([1, 2, 3])).toBe(0);
    expect(repetition([1, 1, 1, 2, 2])).toBeCloseTo((2 ** 1.5 + 1) / 5, 10);
  });
  test('a prompt reads as it does token by token, whatever stands before the suffix', async () => {
    const model = modelThat();
    const prompt = suffixPrompt(model, behavior, 'fan');
    const suffix = initialSuffix(prompt);
    const [reading] = await (await promptReader(prompt, {}))([suffix]);
    const ids = prompt.span.prompt;
    const [all] = await model.logProbs([{ prompt: [ids[0]!], target: [...ids.slice(1), ...prompt.target] }]);
    const own = all!.subarray(0, ids.length - 1);
    expect(reading!.fluency).toBeCloseTo(-own.reduce((sum, value) => sum + value, 0) / (ids.length - 1), 5);
    expect([...reading!.target]).toEqual([...all!.subarray(ids.length - 1)]);
  });
});

describe('the edits', () => {
  const weights = { insert: 1, swap: 1, delete: 1 };
  const kinds = (length: number) =>
    new Set(
      Array.from({ length: 60 }, (_, i) =>
        drawKind(weights, length, { least: 2, most: 5 }, createRandom(`kind ${i}`)),
      ),
    );
  test('are of every kind within the lengths, and only those that keep them at their ends', () => {
    expect(kinds(3)).toEqual(new Set(['insert', 'swap', 'delete']));
    expect(kinds(2)).toEqual(new Set(['insert']));
    expect(kinds(5)).toEqual(new Set(['swap', 'delete']));
  });
  test('delete every position once', () => {
    const deleted = deletions([1, 2, 3], 10, createRandom('0'));
    expect(deleted.map((ids) => ids.join()).toSorted()).toEqual(['1,2', '1,3', '2,3']);
  });
  test('make all swaps and insertions where these are few', () => {
    const tokens = [[7], [8], [9]];
    expect(replacements([1, 2], 'swap', tokens, 10, createRandom('0'))).toEqual([
      [7, 2],
      [1, 8],
    ]);
    expect(replacements([1, 2], 'insert', tokens, 10, createRandom('0'))).toEqual([
      [7, 1, 2],
      [1, 8, 2],
      [1, 2, 9],
    ]);
  });
  test('take new tokens from what the model expects at that place', async () => {
    const model = modelThat();
    const { tokenizer } = model;
    const allowed = tokenizer.encode('xyz fan');
    const prefix = suffixPrompt(model, behavior, '!').span.prompt.slice(0, -3);
    const rule = { allowed, count: 3 };
    const drawn = await likelyTokens(model, prefix, tokenizer.encode('fa'), rule, createRandom('3'), {});
    expect(drawn).toHaveLength(3);
    const [x, y, z] = tokenizer.encode('xyz');
    const unexpected = drawn.flat().filter((id) => [x, y, z].includes(id));
    expect(unexpected.length).toBeLessThan(2);
  });
});
