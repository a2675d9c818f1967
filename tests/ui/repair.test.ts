import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';

const file = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../public/${name}`, import.meta.url)), 'utf8');

/** Runs the script of the page as a browser without a network would, and presses its button. */
async function pressed(languages: readonly string[], chosen: string | null) {
  const status = { textContent: '' };
  const document = { documentElement: { lang: 'en' }, title: '', getElementById: () => element };
  let press: (event: { currentTarget: object }) => Promise<void> = async () => {};
  const element = Object.assign(status, {
    addEventListener: (_: string, listener: typeof press) => (press = listener),
  });
  const fetch = () => Promise.reject(new Error('Failed to fetch'));
  const localStorage = { getItem: () => chosen };
  runInNewContext(file('repair.js'), { document, localStorage, navigator: { languages }, fetch });
  await press({ currentTarget: {} });
  return { language: document.documentElement.lang, title: document.title, status: status.textContent };
}

test('the page that repairs the app speaks the language of its reader', async () => {
  expect(await pressed(['fr', 'de-AT', 'en'], null)).toEqual({
    language: 'de',
    title: 'Reparieren · Glovebox',
    status: 'Failed to fetch. Mit dem Netz verbinden und noch einmal versuchen.',
  });
  expect(await pressed(['de'], 'en')).toEqual({
    language: 'en',
    title: 'Repair · Glovebox',
    status: 'Failed to fetch. Connect to the network and try again.',
  });
});

test('every English text of the page has a German one beside it', () => {
  const spoken = (language: string) => file('repair.html').split(`lang="${language}"`).length - 1;
  // The language of the document, and the text for browsers without scripts.
  expect(spoken('en') - 2).toBe(spoken('de'));
});

test('the note that nothing has started stands in both languages, as nothing can choose', () => {
  const page = file('../index.html');
  const note = page.slice(page.indexOf('class="not-started"'), page.indexOf('<noscript>'));
  expect(note).toContain('Glovebox has not started yet.');
  expect(note).toMatch(/<p lang="de">\s*Glovebox ist noch nicht gestartet\./);
});
