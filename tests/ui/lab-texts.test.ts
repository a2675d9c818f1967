import { afterEach, expect, test, vi } from 'vitest';
import { attacks } from '../../src/attacks/index.ts';
import { catalogueOf, registries } from '../../src/lab/trials/registries.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

async function onPageIn(language: string) {
  vi.resetModules();
  vi.stubGlobal('document', {});
  vi.stubGlobal('localStorage', { getItem: () => language });
  vi.stubGlobal('navigator', { languages: [language] });
  const { labTexts, withLabTexts } = await import('../../src/ui/language/lab-texts.ts');
  return withLabTexts(catalogueOf(registries), await labTexts());
}

test('an English page shows the cards of the lab as they are', async () => {
  expect(await onPageIn('en')).toEqual(catalogueOf(registries));
});

test('on a German page the summary of every method that ships is German, and names of code stay', async () => {
  const english = catalogueOf(registries);
  const german = await onPageIn('de');
  const kinds = ['attacks', 'defenses', 'evaluators', 'finetunings', 'models', 'sets'] as const;
  const untranslated = kinds.flatMap((kind) =>
    german[kind].filter(({ summary }, i) => summary === english[kind][i]!.summary).map(({ id }) => id),
  );
  expect(untranslated).toEqual([]);
  const gcg = german.attacks.find(({ id }) => id === 'gcg')!;
  expect(gcg.title).toBe('GCG');
  expect(gcg.options['steps']).toMatchObject({
    ...attacks.get('gcg').options['steps'],
    ...{
      description: 'Gradientenschritte; im Artikel 500.',
      unit: 'Schritte',
    },
  });
  expect(gcg.differs).toBe(attacks.get('gcg').differs);
});
