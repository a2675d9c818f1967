import { describe, expect, test } from 'vitest';
import { conversation, defineAttack, type Attack } from '../../../src/attacks/attack.ts';
import { attacks } from '../../../src/attacks/index.ts';
import { defaultsOf } from '../../../src/core/options.ts';
import { templatePacks } from '../../../src/core/templates.ts';
import { chooseTexts, type TextSettings } from '../../../src/lab/trials/attack-texts.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { behavior, walk } from '../run/harness.ts';

const framing = defineAttack({
  ...walk,
  id: 'framing',
  options: {},
  templates: templatePacks(
    { frame: ['Do {goal}'] },
    { frame: [`${'Consider it well. '.repeat(100)}{goal}`] },
  ),
  // eslint-disable-next-line require-yield
  async *run(asked) {
    return { messages: conversation(asked), steps: 0 };
  },
});
/** Its tokens are estimated from characters. */
const model = (contextWindow: number) => scripted({ contextWindow, reply: () => 'Sure.' });
const settings = { answerTokens: 96, behaviors: [behavior('a')] };
const packOf = (
  attack: Attack,
  { target, helper = 8192, ...given }: { target: number; helper?: number } & Partial<TextSettings>,
) =>
  chooseTexts(
    { method: attack, options: defaultsOf(attack.options) },
    { target: model(target), role: () => model(helper) },
    { ...settings, ...given },
  ).texts?.pack;

describe('the pack of an attack', () => {
  test('is the full one where prompt and answer fit the target, else the compact one', () => {
    expect(packOf(framing, { target: 2048 })).toBe('full');
    expect(packOf(framing, { target: 512 })).toBe('compact');
  });
  test('counts the room that the answer takes', () => {
    expect(packOf(framing, { target: 1024 })).toBe('full');
    expect(packOf(framing, { target: 1024, answerTokens: 900 })).toBe('compact');
  });
  test('is decided by the longest request of the run, so that all trials have the same', () => {
    const long = { ...behavior('b'), prompt: 'walk on '.repeat(500) };
    expect(packOf(framing, { target: 1024, behaviors: [behavior('a'), long] })).toBe('compact');
  });
  test('also fits the models that write for the attack', () => {
    const helped: Attack = { ...framing, needs: ['attacker'] };
    expect(packOf(helped, { target: 2048 })).toBe('full');
    expect(packOf(helped, { target: 2048, helper: 512 })).toBe('compact');
    // Only the attacker reads these texts.
    expect(packOf(helped, { target: 512 })).toBe('full');
  });
  test('counts what the attack fills in, where it makes prompts without a model', () => {
    const repeating: Attack = {
      ...framing,
      mutate: (asked, _, { templates }) => ({
        messages: conversation(asked, templates['frame']![0]!.repeat(3)),
        steps: 0,
      }),
    };
    expect(packOf(repeating, { target: 1024 })).toBe('compact');
  });
  test('is the one that the plan names, whether it fits or not', () => {
    expect(packOf(framing, { target: 512, pack: 'full' })).toBe('full');
    expect(packOf(framing, { target: 8192, pack: 'compact' })).toBe('compact');
  });
  test('is the compact one on models of 512 tokens for every attack whose packs differ', () => {
    for (const attack of attacks.all) {
      const { compact, full } = attack.templates ?? { compact: 0, full: 0 };
      if (JSON.stringify(compact) === JSON.stringify(full)) continue;
      expect([attack.id, packOf(attack, { target: 512, helper: 512 })]).toEqual([attack.id, 'compact']);
    }
  });
  test('is absent for an attack without texts', () => {
    expect(packOf(walk, { target: 2048 })).toBeUndefined();
  });
});

describe('the language of the texts', () => {
  const used = (own?: TextSettings['own']) =>
    chooseTexts(
      { method: framing, options: {} },
      { target: model(2048), role: () => model(2048) },
      { ...settings, own },
    ).texts!.language;
  const own = { version: 1 as const, name: 'mine', templates: { framing: { frame: ['Fais {goal}'] } } };

  test('is English for those that ship', () => expect(used()).toBe('en'));
  test('is what a pack says of its texts', () => expect(used({ ...own, language: 'fr' })).toBe('fr'));
  test('is unknown where a pack does not say', () => expect(used(own)).toBeNull());
  test('is not changed by a pack for other attacks', () =>
    expect(used({ ...own, templates: {} })).toBe('en'));
});
