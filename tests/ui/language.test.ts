import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { languageFor } from '../../src/ui/language/language.ts';
import { levels as englishLevels, keeperLevels as englishKeepers } from '../../src/lab/vault/levels.ts';
import { lessons as english } from '../../src/ui/lessons/content/index.ts';
import type { Lesson } from '../../src/ui/lessons/lesson.ts';

test('the language is the one that was chosen, else the first of the browser that there is', () => {
  expect(languageFor('en', ['de-AT', 'en'])).toBe('en');
  expect(languageFor(null, ['fr', 'de-AT', 'en'])).toBe('de');
  expect(languageFor('nl', ['fr'])).toBe('en');
});

describe('on a German page', () => {
  beforeEach(() => {
    vi.resetModules();
    vi.stubGlobal('document', {});
    vi.stubGlobal('localStorage', { getItem: () => 'de' });
    vi.stubGlobal('navigator', { languages: ['de-DE'] });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  test('numbers, counts and lists are written as in German', async () => {
    const { bytes, count, duration, list, percent, plural } = await import('../../src/ui/format.ts');
    expect([count(1234), percent(0.345), bytes(1_921_198), duration(1500)]).toEqual([
      '1.234',
      '35\u00a0%',
      '1,9 MB',
      '1,5 s',
    ]);
    expect(list(['a', 'b', 'c'])).toBe('a, b und c');
    expect([plural(1, ['# a', '# b']), plural(2000, ['# a', '# b'])]).toEqual(['1 a', '2.000 b']);
  });

  test('lessons read German, and ask the lab exactly what they ask in English', async () => {
    const { lessons: german } = await import('../../src/ui/lessons/content/index.ts');
    expect(german[0]!.title).not.toBe(english[0]!.title);
    const asked = (lessons: readonly Lesson[]) =>
      JSON.stringify(
        lessons.map(({ id, steps }) => [id, steps.map(({ activity }) => activity)]),
        (key, value) =>
          key === 'asks' ? value.map(({ title: _, ...rest }: { title: string }) => rest) : value,
      );
    expect(asked(german)).toBe(asked(english));
  });

  test('the Vault has German titles and hints, and guards the same with the same words', async () => {
    const { levels, keeperLevels } = await import('../../src/lab/vault/levels.ts');
    expect(levels[0]!.title).not.toBe(englishLevels[0]!.title);
    const played = (all: typeof levels) => all.map(({ title: _, hints: __, ...level }) => level);
    expect(played([...levels, ...keeperLevels])).toEqual(played([...englishLevels, ...englishKeepers]));
  });

  test('suggested names, prompts and saved files stay English', async () => {
    const { suggestedName } = await import('../../src/ui/matrix/suggested-name.ts');
    const { heroPrompt } = await import('../../src/ui/home/hero.ts');
    expect(String(suggestedName)).not.toContain('_messages_');
    expect(heroPrompt).toContain('Two old friends talk by the fire.');
    const { inEnglish } = await import('../../src/ui/language/messages.ts');
    const { verdictOf } = await import('../../src/lab/vault/grading.ts');
    const [level] = (await import('../../src/lab/vault/levels.ts')).levels;
    const verdict = () =>
      verdictOf(level!, { scores: { 'tinytown-oracle': { value: 0, label: 'refused' } } } as never).words;
    expect(verdict()).toBe('Kein wahrer Schritt wurde genannt.');
    expect(inEnglish(verdict)).toBe('No true step was said.');
  });
});
