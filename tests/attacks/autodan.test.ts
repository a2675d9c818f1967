import { describe, expect, test } from 'vitest';
import { autodan } from '../../src/attacks/autodan.ts';
import {
  crossOver,
  exchangeWords,
  sentencesOf,
  synonymTable,
  updateMomentum,
} from '../../src/attacks/autodan/genetic.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { createRandom } from '../../src/core/random.ts';
import { answering, peaked, scripted } from '../../src/models/runtimes/scripted.ts';
import { targetLoss } from '../models/target-loss.ts';
import { behavior, drain, mutation } from './drain.ts';

const answer = 'Sure, a story: bees hum, ants dig, owls fly.';

/** The more often `wanted` is in the prompt, the likelier the target; it answers from `enough` times on. */
const fond = (wanted: RegExp, enough: number) =>
  scripted({
    next(ids, tokenizer) {
      const { messages, answer: soFar } = tokenizer.read(ids);
      const count = lastUserText(messages).match(wanted)?.length ?? 0;
      const [end] = tokenizer.endIds;
      if (count >= enough) return answering(() => answer)(ids, tokenizer);
      const refusal = tokenizer.encode('Sorry, no.');
      const logits = peaked(tokenizer.vocabSize, refusal[soFar.length] ?? end!, 0.1);
      const wish = tokenizer.encode('Sure')[soFar.length];
      if (wish !== undefined) logits[wish] = Math.max(logits[wish]!, -8 + count);
      return logits;
    },
  });
const plus = scripted({ reply: (messages) => `${messages.at(-1)!.content.split('\n').at(-1)!} Plus.` });
const search = (model: ReturnType<typeof fond>, options: Record<string, unknown>, seed = '0') =>
  drain(autodan, { model, options, roles: { paraphraser: plus }, seed });

describe('the search', () => {
  test.each(['plain', 'hierarchical'])(
    'wins at the third generation where only the third can win: %s',
    async (form) => {
      // Each generation adds a word to every child, and the seeds start with one.
      const every = { mutationRate: 1, form, steps: 9, crossover: 0, population: 6 };
      const { result, steps } = await search(fond(/Plus/g, 4), every);
      expect(result).toMatchObject({ steps: 3, claimed: true });
      expect(steps.map(({ detail }) => detail!['verdict'])).toEqual([
        'refused',
        'refused',
        'refused',
        'answered',
      ]);
    },
  );
  test.each(['plain', 'hierarchical'])('climbs toward what the model favors: %s', async (form) => {
    const wanted = form === 'plain' ? /helps|answer|game/g : /aid|reply|match|respond/gi;
    const { steps } = await search(fond(wanted, 99), { form, steps: 12, mutation: 'none' });
    const losses = steps.map(({ bestLoss }) => bestLoss!);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.2);
  });
  test('the loss it returns is that of the prompt it returns', async () => {
    const model = fond(/answer/g, 99);
    const { result } = await search(model, { steps: 3, mutation: 'none' });
    expect(await targetLoss(model, result.messages, 'Sure')).toBeCloseTo(result.loss!, 4);
    expect(lastUserText(result.messages).endsWith(` ${behavior.prompt}`)).toBe(true);
  });
  test('ends at the seeds when they suffice, and reports their verdict', async () => {
    const { result, steps } = await search(fond(/./g, 1), {});
    expect(result).toMatchObject({ steps: 0, claimed: true });
    expect(steps[0]!.detail).toMatchObject({ level: 'seeds', verdict: 'answered' });
  });
  test('without crossover, exchange and rephrasing, its texts are its seeds', async () => {
    const { result } = await search(fond(/answer/g, 99), {
      form: 'plain',
      crossover: 0,
      mutationRate: 0,
      steps: 4,
      population: 8,
    });
    const seeds = autodan.templates!.compact['seeds']!;
    expect(seeds.map((seed) => `${seed} ${behavior.prompt}`)).toContain(lastUserText(result.messages));
  });
  test('without crossover and rephrasing, a population is drawn from the one before', async () => {
    const { steps } = await search(fond(/answer|helps|game/g, 99), {
      form: 'plain',
      crossover: 0,
      mutation: 'none',
      steps: 4,
      population: 8,
    });
    const losses = steps.map(({ detail }) => new Set(detail!['losses'] as number[]));
    for (const [i, later] of losses.slice(1).entries())
      for (const loss of later) expect(losses[i]).toContain(loss);
    const distinct = steps.map(({ detail }) => detail!['distinct'] as number);
    expect(distinct).toEqual(distinct.toSorted((a, b) => b - a));
    expect(distinct.at(-1)!).toBeLessThan(distinct[0]!);
  });
  test('alternates one generation of sentences with the given number of words', async () => {
    const { steps } = await search(fond(/answer/g, 99), { steps: 5, wordGenerations: 2, mutation: 'none' });
    expect(steps.map(({ detail }) => detail!['level'])).toEqual([
      'seeds',
      'sentences',
      'words',
      'words',
      'sentences',
      'words',
    ]);
  });
  test('leaves its seeds unchanged for the next behavior, and replays from its seed', async () => {
    const before = structuredClone(autodan.templates);
    const run = () => search(fond(/answer/g, 99), { steps: 3 }, '5');
    expect(await run()).toEqual(await run());
    expect(autodan.templates).toEqual(before);
  });
  test('texts too long for the model have no children', async () => {
    const model = { ...fond(/answer/g, 99), contextWindow: 260 };
    const { steps } = await search(model, { steps: 2, mutationRate: 1 });
    expect(steps.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });
  test('gives one candidate without a query', () => {
    const { messages } = autodan.mutate!(behavior, {} as never, mutation(autodan));
    expect(lastUserText(messages).endsWith(behavior.prompt)).toBe(true);
  });
});

describe('the operators', () => {
  test('crossover keeps every sentence, and mixes', () => {
    const random = createRandom('mix');
    const [a, b] = ['A one. A two. A three. A four.', 'B one! B two? B three. B four. B five.'];
    const all = [...sentencesOf(a), ...sentencesOf(b)].sort();
    let mixes = 0;
    for (let i = 0; i < 50; i++) {
      const children = crossOver(a, b, 5, random);
      expect(children.flatMap((child) => [...sentencesOf(child)]).sort()).toEqual(all);
      if (children[0].includes('A ') && children[0].includes('B ')) mixes++;
    }
    expect(mixes).toBeGreaterThan(25);
  });
  test('two sentences each are enough to mix, and the last cut counts', () => {
    const random = createRandom('short');
    const seen = new Set(
      Array.from({ length: 60 }, () => crossOver('A. B.', 'C. D.', 5, random).join(' | ')),
    );
    expect([...seen].sort()).toEqual(['A. B. | C. D.', 'A. D. | C. B.', 'C. B. | A. D.', 'C. D. | A. B.']);
    expect(crossOver('A.', 'C. D.', 5, random)).toEqual(['A.', 'C. D.']);
  });
  test('the memory averages old and new scores, and keeps the best words', () => {
    const exchangeable = new Set(['big', 'fox', 'lost']);
    const first = updateMomentum(new Map(), ['big Fox', 'fox'], [-1, -3], 10, exchangeable);
    expect(Object.fromEntries(first)).toEqual({ big: -1, fox: -2 });
    const second = updateMomentum(first, ['fox'], [-4], 1, exchangeable);
    expect([...second]).toEqual([['big', -1]]);
    expect(updateMomentum(first, ['fox'], [-4], 10, exchangeable).get('fox')).toBe(-3);
    expect(updateMomentum(new Map(), ['lost'], [-Infinity], 10, exchangeable).size).toBe(0);
  });
  test('the memory skips words without synonyms', () => {
    const synonyms = synonymTable(['big large', 'fox wolf']);
    const memory = updateMomentum(new Map(), ['you and the', 'you big fox'], [-1, -5], 2, synonyms);
    expect([...memory.keys()].sort()).toEqual(['big', 'fox']);
  });
  test('words are exchanged anywhere, within limits, keeping their case', () => {
    const synonyms = synonymTable(['big large huge', 'fox wolf']);
    const text = 'Big fox, small fox. The fox is big!';
    const random = createRandom('words');
    const change = (most: number, rate = 1) =>
      exchangeWords(text, synonyms, new Map([['huge', 0]]), { most, rate }, random);
    const places = new Set<number>();
    for (let i = 0; i < 60; i++) {
      const words = change(1).split(' ');
      const changed = text.split(' ').flatMap((word, at) => (word === words[at] ? [] : [at]));
      expect(changed).toHaveLength(1);
      places.add(changed[0]!);
    }
    expect(places.size).toBe(5);
    expect(change(9)).toMatch(/^(Large|Huge) wolf, small wolf\. The wolf is (large|huge)!$/);
    expect(change(9, 0)).toBe(text);
  });
  test('a synonym with a high score is drawn more often than one without', () => {
    const random = createRandom('taste');
    const momentum = new Map([
      ['large', -0.5],
      ['fox', -4],
    ]);
    const words = Array.from({ length: 200 }, () =>
      exchangeWords('big', synonymTable(['big large huge']), momentum, { most: 1, rate: 1 }, random),
    );
    expect(words.filter((word) => word === 'large').length).toBeGreaterThan(160);
  });
});
