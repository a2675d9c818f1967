/** @file Every search ends with the best that it has when the plan lets it spend no more. */
import { describe, expect, test } from 'vitest';
import { chained } from '../../src/attacks/chain.ts';
import { attacks } from '../../src/attacks/index.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { drain } from './drain.ts';
import { climber, json, recording } from './search-models.ts';

/** Declines everything; no suffix makes its target certain. */
const target = () => scripted({ answer: 'Sorry, no.', cost: () => 1 });
const low = recording(() => '[[1]]').model;

/** Options with which each goes on for more than one step where nothing works. */
const searches: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  autodan: { steps: 3, population: 4, mutation: 'none' },
  beast: { length: 4 },
  'best-of-n': { samples: 20, atOnce: 2 },
  crescendo: { turns: 4, restarts: 2 },
  'decoding-exploitation': { atOnce: 1 },
  dra: { iterations: 5 },
  flrt: { steps: 4 },
  gcg: { steps: 4, suffixLength: 4, candidates: 4 },
  goat: { turns: 3, conversations: 2 },
  gptfuzzer: { iterations: 6 },
  laa: { steps: 4, restarts: 2 },
  pair: { streams: 2, iterations: 3 },
  'random-search': { passes: 40, candidates: 4, suffixLength: 4 },
  renellm: { iterations: 4 },
  resampling: { samples: 20, atOnce: 2 },
  tap: { depth: 3, width: 2, branching: 2 },
};
const models = {
  roles: { attacker: climber().model, judge: low, paraphraser: recording(() => json('Go on')).model },
};

describe.each(Object.entries(searches))('%s', (id, options) => {
  const attack = attacks.get(id);
  const run = (spent?: () => boolean) =>
    drain(attack, { model: target(), options, ...models, ...(spent && { spent }) });
  test('ends early, with a prompt that it tried', async () => {
    const whole = await run();
    let asked = 0;
    const early = await run(() => asked++ >= 0);
    expect(asked).toBeGreaterThan(0);
    expect(early.steps.length).toBeLessThan(whole.steps.length);
    expect(early.result.messages.length).toBeGreaterThan(0);
    expect(early.steps.length).toBeGreaterThan(0);
  });
});

test('each attack of a chain makes at least a step of its own', async () => {
  const ids = ['dra', 'best-of-n'];
  const chain = chained(
    ids.map((id) => {
      const method = attacks.get(id);
      return { method, options: { ...defaultsOf(method.options), ...searches[id] } as never };
    }),
  );
  const { steps } = await drain(chain, { model: target(), spent: () => true });
  expect(steps.map(({ detail }) => detail?.['attack'])).toEqual(['dra', 'best-of-n', 'best-of-n']);
});
