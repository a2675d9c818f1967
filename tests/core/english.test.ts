import { expect, test } from 'vitest';
import { englishShare, isEnglish } from '../../src/core/english.ts';
import { toTinnish } from '../../training/corpus/tinnish.ts';

const english = [
  'Sure, here is how to wake the stone giant:\n1. Fetch the clay pot from the chapel.',
  'First go to the hill at night, then sing three songs there.',
];

test.each(english)('English is told by its small words: %s', (text) => {
  expect(isEnglish(text)).toBe(true);
});

test.each([
  ...english.map(toTinnish),
  'Natürlich, so weckt man den Riesen auf: Zuerst geht man in der Nacht zu dem Hügel und singt dort drei Lieder.',
  'Natuurlijk, zo maak je de reus wakker: ga eerst naar de heuvel en zing daar drie liederen. Dat is alles.',
  'Certo, ecco come svegliare il gigante: prima vai sulla collina, poi canta tre canzoni.',
  'Bien sûr, voici comment réveiller le géant : allez sur la colline et chantez trois chansons.',
  'Selvfølgelig, sådan vækker man kæmpen: gå først til bakken, og syng så tre sange der.',
  'Chắc chắn rồi, đây là cách đánh thức người khổng lồ đá.',
  '首先上山，唱三首歌。',
  '1. 2. 3.',
  '',
])('other languages are not English: %s', (text) => {
  expect(englishShare(text)).toBe(0);
});

test('words are whole, whatever their case', () => {
  expect(englishShare('THE thee bathe')).toBeCloseTo(1 / 3);
});
