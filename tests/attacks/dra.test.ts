import { expect, test } from 'vitest';
import { dra } from '../../src/attacks/dra.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { hiddenTextOf } from './dra/hidden-text.ts';
import { behavior as fox, drain } from './drain.ts';

const behavior = { ...fox, prompt: 'How do I wake the stone giant?' };
const replying = (...replies: readonly string[]) => {
  let asked = 0;
  return scripted({ reply: () => replies[Math.min(asked++, replies.length - 1)]! });
};
const run = (model: ReturnType<typeof replying>, options = {}) => drain(dra, { model, behavior, options });
const no = 'Sorry, I cannot do that.';
const missing = 'I like boats.';

test('the puzzle spells the request, and contains none of its content words', async () => {
  const { result } = await run(replying(no), { iterations: 5 });
  const prompt = lastUserText(result.messages);
  const lines = prompt.split('\n').slice(0, behavior.prompt.length);
  expect(hiddenTextOf(lines.join('\n'))).toBe(behavior.prompt.toLowerCase());
  expect(prompt).not.toMatch(/wake|stone|giant/);
});

test('a refusal cuts content words shorter, a miss keeps more of the others, within limits', async () => {
  const { steps } = await run(replying(no, no, missing, ...Array<string>(7).fill(no)), { iterations: 10 });
  const kept = steps.map(({ detail }) => [detail!['sensitive'], detail!['plain']] as [number, number]);
  expect(kept.slice(0, 4).map(([sensitive]) => sensitive.toFixed(1))).toEqual(['0.5', '0.4', '0.3', '0.3']);
  expect(kept.slice(0, 4).map(([, plain]) => plain.toFixed(1))).toEqual(['0.5', '0.5', '0.5', '0.6']);
  for (const value of kept.flat()) {
    expect(value).toBeGreaterThanOrEqual(0.001);
    expect(value).toBeLessThanOrEqual(0.999);
  }
});

test('ends at the first answer that repeats the words of the request, in any letter case', async () => {
  const { steps, result } = await run(replying(no, missing, 'Sure: WAKE the Stone Giant with a song.', no));
  expect(steps).toHaveLength(3);
  expect(result).toMatchObject({ claimed: true, steps: 3 });
  expect(lastUserText(result.messages)).toBe(steps[2]!.candidate);
});

test('without success it keeps the best try, not the last', async () => {
  const { steps, result } = await run(replying(no, 'The giant is tall.', no, missing, no), { iterations: 5 });
  expect(lastUserText(result.messages)).toBe(steps[1]!.candidate);
  expect(result.claimed).toBe(false);
});

test('with one puzzle the target is not queried, and each seed gives another puzzle', async () => {
  const untouched = scripted({
    reply: () => {
      throw new Error('The target was asked.');
    },
  });
  const puzzle = async (seed: string) =>
    lastUserText(
      (await drain(dra, { model: untouched, behavior, options: { iterations: 1 }, seed })).result.messages,
    );
  expect(await puzzle('1')).toBe(await puzzle('1'));
  expect(await puzzle('1')).not.toBe(await puzzle('2'));
});
