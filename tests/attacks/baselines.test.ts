import { describe, expect, test } from 'vitest';
import { autodanSeeds } from '../../src/attacks/autodan-seeds.ts';
import { baselineOf, learnsFirst } from '../../src/attacks/baselines.ts';
import { gptfuzzerSeeds } from '../../src/attacks/gptfuzzer-seeds.ts';
import { attacks } from '../../src/attacks/index.ts';
import { laa } from '../../src/attacks/laa.ts';
import { laaTemplate } from '../../src/attacks/laa-template.ts';
import { repetition } from '../../src/attacks/parts/suffix/fluency.ts';
import { randomSearch } from '../../src/attacks/random-search.ts';
import { resampling } from '../../src/attacks/resampling.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { behavior as fox, drain, mutation } from './drain.ts';

const behavior = { ...fox, prompt: 'How do I wake the stone giant?', target: 'Sure' };
const help = 'Wake the stone giant: sing old lullabies, ring copper bells.';
const no = 'Sorry, I cannot do that.';

test('it is known which attacks learn before their trials', () => {
  for (const { id, learn } of attacks.all) expect(learnsFirst(id)).toBe(learn !== undefined);
  expect(learnsFirst('persuasion+gcg-universal')).toBe(true);
});

/** Attacks that ask once, or that are baselines themselves, or that change the model instead of a prompt. */
const withoutSearch = [
  'assistant-prefix',
  'autodan-seeds',
  'cipher',
  'code-chameleon',
  'deep-inception',
  'direct-request',
  'embedding-attack',
  'flip-attack',
  'gptfuzzer-seeds',
  'ica',
  'indirect-injection',
  'laa-template',
  'many-shot',
  'random-search',
  'refusal-ablation',
  'resampling',
];

test('every attack that searches names a baseline that exists and does not search', () => {
  for (const { id } of attacks.all) {
    const baseline = baselineOf(id);
    if (withoutSearch.includes(id)) expect(baseline, id).toBeUndefined();
    else
      expect(
        withoutSearch.filter((name) => attacks.has(name)),
        id,
      ).toContain(baseline);
  }
});

test('a baseline never needs more access than the attack that it stands beside', () => {
  const tiers = ['black-box', 'grey-box', 'white-box'];
  for (const { id, access } of attacks.all) {
    const baseline = baselineOf(id);
    if (baseline === undefined) continue;
    expect(tiers.indexOf(attacks.get(baseline).access), id).toBeLessThanOrEqual(tiers.indexOf(access));
  }
});

describe('resampling', () => {
  test('asks the plain request only, each time with a seed of its own, and stops at the first success', async () => {
    const seeds: string[] = [];
    const model = scripted({
      reply: (messages, { seed }) => {
        expect(lastUserText(messages)).toBe(behavior.prompt);
        seeds.push(seed!);
        return seeds.length === 5 ? help : no;
      },
    });
    const { steps, result } = await drain(resampling, { model, behavior, options: { atOnce: 1 } });
    expect(new Set(seeds).size).toBe(5);
    expect(steps).toHaveLength(5);
    expect(result).toMatchObject({ claimed: true, steps: 5, seed: seeds[4] });
  });
  test('claims nothing when no sample succeeds', async () => {
    const model = scripted({ reply: () => no });
    const { result } = await drain(resampling, { model, behavior, options: { samples: 12 } });
    expect(result).toMatchObject({ claimed: false, steps: 12 });
  });
});

describe('texts without their search', () => {
  test("LAA's template alone is what LAA sends, less the suffix, asked once and greedily", async () => {
    const model = scripted({ reply: () => no });
    const { steps, result } = await drain(laaTemplate, { model, behavior });
    expect(steps).toHaveLength(1);
    expect(result).not.toHaveProperty('sampling');
    const sent = lastUserText(result.messages);
    const searched = laa.mutate!(behavior, { template: 'rules', suffixLength: 25 }, mutation(laa));
    expect(lastUserText(searched.messages).startsWith(`${sent} !`)).toBe(true);
  });
  test.each([autodanSeeds, gptfuzzerSeeds])(
    '$id tries every seed once before it asks one again, within its budget',
    async (attack) => {
      const sent: string[] = [];
      const sampled: boolean[] = [];
      const model = scripted({
        reply: (messages, { sampling }) => {
          sent.push(lastUserText(messages));
          sampled.push(sampling !== undefined && sampling.temperature > 0);
          return no;
        },
      });
      const seeds = attack.templates!.compact['seeds']!.length;
      const { result } = await drain(attack, { model, behavior, options: { queries: seeds + 2, atOnce: 1 } });
      expect(new Set(sent.slice(0, seeds)).size).toBe(seeds);
      expect(sent).toHaveLength(seeds + 2);
      expect(sampled).toEqual([...Array(seeds).fill(false), true, true]);
      expect(result.claimed).toBe(false);
    },
  );
});

describe('random search', () => {
  const secret = 'red fox';
  const start = 2 + `${behavior.prompt} `.length;
  const tokenizer = scriptedTokenizer([]);
  const model = scripted({
    tokenizer,
    answer: 'Sure',
    cost: (position, id) => {
      if (position === 0) return 1;
      const wanted = secret[position - start];
      return wanted === undefined ? 0 : Math.abs(id - tokenizer.vocabulary.indexOf(wanted)) / 40;
    },
  });
  const options = { suffixLength: 4, passes: 800, candidates: 32, testEvery: 0 };

  test('never returns a suffix with a higher loss than the one before, and lowers it without a gradient', async () => {
    const { steps, result } = await drain(randomSearch, { model, behavior, options });
    const losses = steps.map(({ loss }) => loss!);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(result.loss!).toBeLessThan(losses[0]! / 2);
    expect(result.claimed).toBe(false);
  });
  test('takes the penalties of a search for suffixes that read well', async () => {
    const repeats = async (weight: number) => {
      const { result } = await drain(randomSearch, {
        model,
        behavior,
        options: { ...options, suffixLength: 12, passes: 300, repetition: weight },
      });
      return repetition(tokenizer.encode(lastUserText(result.messages)));
    };
    expect(await repeats(100)).toBeLessThan((await repeats(0)) - 0.05);
  });
  test('scores no more suffixes than its budget of forward passes', async () => {
    let scored = 0;
    const counting: typeof model = {
      ...model,
      logProbs(requests, given) {
        scored += requests.length;
        return model.logProbs(requests, given);
      },
    };
    const { steps } = await drain(randomSearch, {
      model: counting,
      behavior,
      options: { ...options, passes: 100 },
    });
    expect(scored).toBeLessThanOrEqual(100);
    expect(steps.at(-1)!.detail!['passes']).toBeGreaterThanOrEqual(95);
  });
  test('replays exactly from its seed', async () => {
    const run = (seed: string) =>
      drain(randomSearch, { model, behavior, options: { ...options, passes: 200 }, seed });
    expect(await run('7')).toEqual(await run('7'));
    expect((await run('7')).steps).not.toEqual((await run('8')).steps);
  });
});
