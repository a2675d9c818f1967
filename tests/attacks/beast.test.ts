import { describe, expect, test } from 'vitest';
import { beast } from '../../src/attacks/beast.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { peaked, scripted } from '../../src/models/runtimes/scripted.ts';
import { targetLoss } from '../models/target-loss.ts';
import { behavior, drain } from './drain.ts';

const secret = ' red fox';

/** Finds any letter as likely as another, and the target likelier for every letter that fits the secret so far. */
const model = (tokenizer = scriptedTokenizer(), easiest = 0.2) =>
  scripted({
    tokenizer,
    next(ids) {
      const { messages, answer } = tokenizer.read(ids);
      const suffix = lastUserText(messages).slice(behavior.prompt.length);
      if (ids.at(-1) !== 4 && answer.length === 0) return new Float32Array(tokenizer.vocabSize);
      const fits = [...secret].findIndex((letter, i) => suffix[i] !== letter);
      const missing = fits < 0 ? 0 : secret.length - fits;
      const wish = tokenizer.encode('Sure, a story: bees hum, ants dig, owls fly.')[answer.length];
      return peaked(tokenizer.vocabSize, wish ?? [...tokenizer.endIds][0]!, easiest + missing);
    },
  });
const options = { beams: 4, samples: 95, length: 12, testTokens: 64 };

describe('the search', () => {
  test('finds the suffix letter by letter, and stops when the target is certain', async () => {
    const { result, steps } = await drain(beast, { model: model(), options });
    expect(lastUserText(result.messages)).toBe(behavior.prompt + secret);
    const letters = secret.trim().length; // the blank stands there before any suffix
    expect(result).toMatchObject({ steps: letters, claimed: true });
    expect(steps).toHaveLength(letters + 1);
  });
  test('the best loss never rises, and is that of the prompt it returns', async () => {
    const asked = model(scriptedTokenizer([' r', 're', 'ed', 'fo', 'ox']));
    const { result, steps } = await drain(beast, { model: asked, options: { ...options, samples: 12 } });
    const best = steps.map(({ bestLoss }) => bestLoss!);
    expect(best).toEqual(best.toSorted((a, b) => b - a));
    expect(await targetLoss(asked, result.messages, 'Sure')).toBeCloseTo(result.loss!, 4);
  });
  test('keeps the given number of beams, each the child of an earlier one', async () => {
    const { steps } = await drain(beast, { model: model(), options: { ...options, length: 3 } });
    for (const { detail } of steps.slice(1)) {
      const beams = detail!['beams'] as { text: string; parent: number }[];
      expect(beams.length).toBeLessThanOrEqual(4);
      expect(new Set(beams.map(({ text }) => text)).size).toBe(beams.length);
      for (const { parent } of beams) expect(parent).toBeLessThan(4);
    }
  });
  test('returns the plain request when no suffix is better', async () => {
    const worse = scripted({
      next: (ids, tokenizer) => {
        const { messages, answer } = tokenizer.read(ids);
        const extra = lastUserText(messages).length - behavior.prompt.length;
        const wish = tokenizer.encode('Sure')[answer.length];
        return peaked(tokenizer.vocabSize, wish ?? [...tokenizer.endIds][0]!, 1 + extra);
      },
    });
    const { result } = await drain(beast, { model: worse, options: { ...options, length: 2 } });
    expect(lastUserText(result.messages)).toBe(behavior.prompt);
  });
  test.each(['Sorry, no.', ' '])('claims no success when the model then answers %j', async (reply) => {
    const greedy = model();
    const deaf = {
      ...greedy,
      generate: async (...request: Parameters<typeof greedy.generate>) => ({
        ...(await greedy.generate(...request)),
        text: reply,
      }),
    };
    const { result } = await drain(beast, { model: deaf, options: { ...options, length: 2 } });
    expect(result.claimed).toBe(false);
  });
  test('replays exactly from its seed', async () => {
    const run = (seed: string) =>
      drain(beast, { model: model(), options: { ...options, samples: 5, length: 4 }, seed });
    expect(await run('1')).toEqual(await run('1'));
    expect((await run('1')).steps).not.toEqual((await run('2')).steps);
  });
});
