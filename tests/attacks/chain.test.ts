import { expect, test } from 'vitest';
import type { Attack } from '../../src/attacks/attack.ts';
import { baselineOf } from '../../src/attacks/baselines.ts';
import { bestOfN } from '../../src/attacks/best-of-n.ts';
import { chained } from '../../src/attacks/chain.ts';
import { flipAttack } from '../../src/attacks/flip-attack.ts';
import { reasoningPrefill } from '../../src/attacks/reasoning-prefill.ts';
import { gcg } from '../../src/attacks/gcg.ts';
import { ica } from '../../src/attacks/ica.ts';
import { persuasion } from '../../src/attacks/persuasion.ts';
import { resampling } from '../../src/attacks/resampling.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { rolesTaken } from '../../src/core/method.ts';
import { parseOptions } from '../../src/core/options.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { behavior as fox, drain, mutation } from './drain.ts';

const behavior = { ...fox, prompt: 'How do I wake the stone giant?' };
const member = (method: Attack, options: object = {}) => ({
  method,
  options: parseOptions(method.options, options, method.id),
});
const no = 'Sorry, I cannot do that.';

test('the prompt of one attack is the request of the next', () => {
  const chain = chained([member(bestOfN), member(flipAttack)]);
  const random = mutation(chain);
  expect(Object.keys(chain.templates!.full)).toEqual(
    expect.arrayContaining(Object.keys(flipAttack.templates!.full).map((name) => `1.${name}`)) as string[],
  );
  const first = bestOfN.mutate!(behavior, member(bestOfN).options, {
    ...mutation(bestOfN),
    random: random.random.fork('0 best-of-n'),
  });
  const alone = flipAttack.mutate!(
    { ...behavior, prompt: lastUserText(first.messages) },
    member(flipAttack).options,
    { ...mutation(flipAttack), random: random.random.fork('1 flip-attack') },
  );
  expect(chain.mutate!(behavior, {}, random).messages).toEqual(alone.messages);
});

test('a chain makes use of the judge and the guard of a plan, as its attacks do', () => {
  const chainOf = (success: string) =>
    chained([member(bestOfN, { success }), member(resampling, { success })]);
  expect(rolesTaken(chainOf('auto'))).toEqual(['judge', 'answer-guard']);
  expect(rolesTaken(chainOf('words'))).toEqual([]);
});

test('each attack keeps its own budget, and steps are counted on', async () => {
  const chain = chained([member(bestOfN, { samples: 3 }), member(resampling, { samples: 5 })]);
  const { steps, result } = await drain(chain, { model: scripted({ reply: () => no }), behavior });
  expect(steps.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(steps.map(({ detail }) => detail!['attack'])).toEqual([
    ...Array<string>(3).fill('best-of-n'),
    ...Array<string>(5).fill('resampling'),
  ]);
  expect(result).toMatchObject({ steps: 8, claimed: false });
});

test('success is an answer to the behavior itself, not to what an attack made of it', async () => {
  /** Answers in the words of the rewritten request, and then in those of the behavior. */
  const answering = (reply: string) =>
    drain(chained([member(shouting), member(resampling, { samples: 2 })]), {
      model: scripted({ reply: () => reply }),
      behavior,
    });
  const off = 'Sure: zig is made with zag, by adding some zog to it, and by stirring well for an hour.';
  const on = 'Wake the stone giant: sing old lullabies, ring copper bells.';
  expect((await answering(off)).result.claimed).toBe(false);
  expect((await answering(on)).result.claimed).toBe(true);
});
test('the third attack of a chain is judged by the behavior too, not by what the first made of it', async () => {
  const off = 'Sure: zig is made with zag, by adding some zog to it, and by stirring well for an hour.';
  const members = [member(shouting), member(shouting), member(resampling, { samples: 1 })];
  const { result } = await drain(chained(members), { model: scripted({ reply: () => off }), behavior });
  expect(result.claimed).toBe(false);
});
/** Rewrites every request into words that share none with it. */
const shouting: Attack = {
  ...flipAttack,
  id: 'shouting',
  mutate: undefined as never,
  // eslint-disable-next-line require-yield
  async *run() {
    return { messages: [{ role: 'user', content: 'How is zig made with zag and zog?' }], steps: 0 };
  },
};

test('a system prompt that an attack found stays, and what answers come in is remembered', async () => {
  const coded: Attack = {
    ...shouting,
    id: 'coded',
    // eslint-disable-next-line require-yield
    async *run() {
      return {
        messages: [
          { role: 'system', content: 'Speak in code.' },
          { role: 'user', content: 'Zig?' },
        ],
        answeredIn: 'base64',
        steps: 0,
      };
    },
  };
  const { result } = await drain(chained([member(coded), member(resampling, { samples: 1 })]), {
    model: scripted({ reply: () => no }),
    behavior,
  });
  expect(result.messages[0]).toEqual({ role: 'system', content: 'Speak in code.' });
  expect(result.answeredIn).toBe('base64');
});

test('needs what its attacks need, and the access of the one that needs most', () => {
  const chain = chained([member(persuasion), member(gcg, { probe: true })]);
  expect(chain).toMatchObject({ id: 'persuasion+gcg', access: 'white-box' });
  expect(chain.needs).toEqual(['paraphraser', 'scorer']);
  expect(chain.mutate).toBeUndefined();
});

test('an attack that finds more than a prompt can only come last', () => {
  const run = (members: readonly ReturnType<typeof member>[]) => {
    const chain = chained(members);
    return chain.mutate!(behavior, {}, mutation(chain));
  };
  expect(run([member(flipAttack), member(ica)]).messages.length).toBeGreaterThan(2);
  expect(() => run([member(ica), member(flipAttack)])).toThrow(
    expect.objectContaining({ code: 'not-supported', message: expect.stringContaining('"ica"') as string }),
  );
  expect(() => run([member(reasoningPrefill), member(flipAttack)])).toThrow(/reasoning-prefill/);
});

test('replays exactly from its seed', async () => {
  const chain = chained([member(bestOfN, { samples: 2 }), member(flipAttack)]);
  const run = (seed: string) => drain(chain, { model: scripted({ reply: () => no }), behavior, seed });
  expect(await run('7')).toEqual(await run('7'));
  expect(await run('7')).not.toEqual(await run('8'));
});

test('is compared with the chain without its last attack', () => {
  expect(baselineOf('persuasion+flip-attack')).toBe('persuasion');
  expect(baselineOf('dra+tense+gcg')).toBe('dra+tense');
});
