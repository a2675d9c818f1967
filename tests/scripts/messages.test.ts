import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import PO from 'pofile';
import { beforeAll, describe, expect, test } from 'vitest';
import { germanFile, germanLabFile, readGerman, writtenCatalogue } from '../../scripts/messages/catalogue.ts';
import { filesWithText, hasText } from '../../scripts/messages/files.ts';
import { labTexts } from '../../scripts/messages/lab-catalogue.ts';
import { translatable } from '../../scripts/messages/translatable.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const found = async (code: string, file = 'src/ui/example.ts') =>
  (await translatable(code, file)).messages.map(({ forms }) => forms.join(' | '));
/** `{0}` for values and `<0>` for elements, sorted. */
const placeholders = (text: string) => (text.match(/\{\d+\}|<\/?\d+\/?>|#/g) ?? []).toSorted();

describe('the German catalogue', () => {
  let german: ReadonlyMap<string, readonly string[]>;
  let written: string;
  beforeAll(async () => {
    german = readGerman(root);
    written = await writtenCatalogue(root);
    // Parses every module of the page.
  }, 60_000);

  test('is in step with the sources: "npm run messages" would change nothing', () => {
    expect(readFileSync(join(root, germanFile), 'utf8')).toBe(written);
  });

  test('leaves names of the code that are compared as they are', () => {
    // A small word alone is a text only where a comment says so.
    const compared = /(?:[!=]==|\.includes\() ?'([A-Z][^']*|[^']* [^']*)'/g;
    const found = filesWithText(root).flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(compared)].flatMap(([, name = '']) =>
        (german.get(name) ?? [name]).includes(name) ? [] : [`${file}: ${name}`],
      ),
    );
    // Both sides of these are text of the same page.
    expect(found).toEqual([
      'src/ui/components/CopyButton.svelte: Copied',
      'src/ui/studio/RunHead.svelte: Start',
      'src/ui/studio/views/index.ts: Loss',
    ]);
  });

  test('has a German text for every message', () => {
    const { items } = PO.parse(written);
    expect(items.filter(({ msgstr }) => msgstr.includes('')).map(({ msgid }) => msgid)).toEqual([]);
  });

  test('keeps the placeholders of every message', () => {
    const wrong = [...german].filter(([key, texts]) => {
      const forms = texts.length > 1 ? key.split('\n') : [key];
      return texts.some((text, i) => placeholders(text).join() !== placeholders(forms[i] ?? key).join());
    });
    expect(wrong).toEqual([]);
  });

  test('keeps the space at the ends of every message, where pieces of a sentence meet', () => {
    const ends = (text: string) => [text.startsWith(' '), text.endsWith(' ')].join();
    const { items } = PO.parse(written);
    expect(items.filter(({ msgid, msgstr: [text = ''] }) => ends(msgid) !== ends(text))).toEqual([]);
  });
});

test('the catalogue of cards translates texts of the lab alone', () => {
  const texts = new Set(labTexts());
  expect([...readGerman(root, germanLabFile).keys()].filter((text) => !texts.has(text))).toEqual([]);
});

test('text of scripts is found in errors, fields and calls, and names of the code are not', async () => {
  const code = `
    export class Draft { #hint = 'Choose a model.'; kind = 'black-box'; }
    export function check(event) {
      if (event.key === 'Enter') return plural(3, ['# trial', '# trials']);
      throw new Error(\`Line \${event.line} is not JSON.\`);
    }`;
  expect(await found(code)).toEqual(
    expect.arrayContaining(['Choose a model.', '# trial | # trials', 'Line {0} is not JSON.']),
  );
  expect((await found(code)).length).toBe(3);
});

test('text of markup is found in elements and attributes, and styles and drawings are not', async () => {
  const code = `<button class="primary wide" aria-label="close it"><path d="M4 5h16" />Save <b>{name}</b> now</button>`;
  expect(await found(code, 'src/ui/Example.svelte')).toEqual(['close it', '<0/>Save <1/> now']);
});

test('a comment takes a text out, or a word in', async () => {
  expect(
    await found(`export const a = /* @wc-ignore */ 'Say hello.', b = /* @wc-include */ 'none';`),
  ).toEqual(['none']);
});

test('prompts and names of records of the page are in no catalogue', () => {
  expect(['src/ui/home/hero.ts', 'src/ui/matrix/suggested-name.ts'].filter(hasText)).toEqual([]);
});
