/** What the papers have of the framing attacks, and the full packs therefore keep to: lengths in characters, and counts. */
import { describe, expect, test } from 'vitest';
import { sentencesOf } from '../../src/attacks/autodan/genetic.ts';
import { attacks } from '../../src/attacks/index.ts';
import type { Templates } from '../../src/core/templates.ts';

const full = (id: string): Templates => attacks.get(id).templates!.full;
const lengths = (texts: readonly string[]) => texts.map(({ length }) => length);
const only = (id: string, name: string) => full(id)[name]![0]!;

describe('the full texts of framing attacks have the length and the parts of the papers', () => {
  test.each([
    // Name, least and most characters.
    ['deep-inception', 'nested', 600, 1500],
    ['laa', 'rules', 1500, 3000],
    ['flip-attack', 'rules', 600, 1200],
    ['flip-attack', 'profile', 700, 1400],
    ['code-chameleon', 'frame-code', 2000, 3500],
    ['code-chameleon', 'frame-text', 500, 1500],
    ['dra', 'puzzle', 700, 1500],
    ['cipher', 'expert', 500, 1200],
    ['policy-framing', 'xml', 1200, 2500],
    ['policy-framing', 'json', 1000, 2500],
    ['artprompt', 'horizontal', 700, 1500],
    ['reasoning-prefill', 'rules', 800, 2000],
    ['jailbroken', 'aim', 1000, 2000],
    ['jailbroken', 'dev-mode-v2', 1500, 3500],
    ['jailbroken', 'dev-mode-with-rant', 2500, 4500],
    ['jailbroken', 'evil-confidant', 700, 1500],
    ['jailbroken', 'refusal-suppression', 400, 1000],
  ])('%s, %s: %d to %d characters', (id, name, least, most) => {
    expect(only(id, name).length).toBeGreaterThanOrEqual(least);
    expect(only(id, name).length).toBeLessThanOrEqual(most);
  });
  test('AutoDAN: seeds of some 3,000 characters and at least 18 sentences, and a large table of synonyms', () => {
    const { seeds, synonyms } = full('autodan');
    expect(seeds!.length).toBeGreaterThanOrEqual(16);
    for (const length of lengths(seeds!)) {
      expect(length).toBeGreaterThan(2400);
      expect(length).toBeLessThan(3500);
    }
    for (const seed of seeds!) expect(sentencesOf(seed).length).toBeGreaterThanOrEqual(18);
    expect(synonyms!.length).toBeGreaterThan(300);
    // The first sentences of any two seeds may agree; the seeds as wholes are put together in different orders.
    expect(new Set(seeds!.map((seed) => sentencesOf(seed).slice(0, 16).join(' '))).size).toBe(seeds!.length);
  });
  test('AutoDAN: most words of the table stand in the seeds or replace one that does', () => {
    const { seeds, synonyms } = full('autodan');
    const words = new Set(
      seeds!
        .join(' ')
        .toLowerCase()
        .match(/\p{L}+/gu),
    );
    const used = synonyms!.filter((group) => group.split(' ').some((word) => words.has(word)));
    expect(used.length / synonyms!.length).toBeGreaterThan(0.6);
  });
  test('GPTFuzzer: seeds of all lengths, with the place of the request at the start, in the middle and at the end', () => {
    const seeds = full('gptfuzzer')['seeds']!;
    expect(seeds.length).toBeGreaterThanOrEqual(24);
    const places = seeds.map((seed) => seed.indexOf('{goal}') / (seed.length - '{goal}'.length));
    expect(places.some((place) => place === 0)).toBe(true);
    expect(places.some((place) => place > 0.2 && place < 0.8)).toBe(true);
    expect(places.some((place) => place === 1)).toBe(true);
    for (const seed of seeds) expect(seed.split('{goal}')).toHaveLength(2);
  });
  test('Cipher: at least three demonstrations, and the whole table of Morse code', () => {
    expect(full('cipher')['demonstration']!.length).toBeGreaterThanOrEqual(3);
    expect(only('cipher', 'morse').match(/[A-Z0-9] [.-]+/g)).toHaveLength(36);
  });
  test('DRA: phrases for every letter and the blank, and 14 tools', () => {
    const { letters, tool } = full('dra');
    for (const letter of 'abcdefghijklmnopqrstuvwxyz ')
      expect(letters!.filter((phrase) => phrase.includes(letter)).length).toBeGreaterThanOrEqual(2);
    expect(tool).toHaveLength(14);
  });
  test('FlipAttack: four rules and two steps', () => {
    expect(only('flip-attack', 'rules').match(/Rule \d\./g)).toHaveLength(4);
    expect(only('flip-attack', 'steps').match(/Step \d\./g)).toHaveLength(2);
  });
  test('CodeChameleon: a solver class with three methods, and four orders', () => {
    expect(only('code-chameleon', 'frame-code').match(/def \w+\(self\)/g)).toHaveLength(3);
    for (const name of ['frame-code', 'frame-text'])
      expect(only('code-chameleon', name).match(/^\d\. /gm)).toHaveLength(4);
  });
});

/** Words of deeds, goods and persons that no text of a pack may name: only `{goal}` says what is asked. */
const realHarm =
  /\b(bombs?|explosives?|weapons?|guns?|drugs?|meth|cocaine|heroin|malware|viruses|hack(ing|er|ed)?|phishing|identity theft|suicide|murder|kill(ing|ed)?|terroris\w*|racis\w*|sexual\w*|porn\w*|child abuse|launder\w*|counterfeit\w*)\b/i;

test.each(attacks.all.filter(({ templates }) => templates).map(({ id }) => id))(
  'the texts of %s name no real harm',
  (id) => {
    const { compact, full: long } = attacks.get(id).templates!;
    for (const text of [...Object.values(compact), ...Object.values(long)].flat())
      expect(realHarm.exec(text)?.[0]).toBeUndefined();
  },
);
