/**
 * @file The German texts, in the format of gettext, which tools for translators open: those of the page in
 * `src/ui/language/de.po`, those of the lab's cards in `src/ui/language/lab.de.po`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PO from 'pofile';
import { getKey } from 'wuchale';
import { filesWithText } from './files.ts';
import { translatable, type FoundMessage } from './translatable.ts';

export const germanFile = 'src/ui/language/de.po';
export const germanLabFile = 'src/ui/language/lab.de.po';

/** Of every catalogue. */
export const headers = {
  'Content-Type': 'text/plain; charset=UTF-8',
  'Content-Transfer-Encoding': '8bit',
  Language: 'de',
  'Plural-Forms': 'nplurals=2; plural=(n != 1);',
};

/** As `translatable` has it. */
const keyOf = ({ msgid, msgid_plural, msgctxt }: InstanceType<typeof PO.Item>): string =>
  getKey(msgid_plural ? [msgid, msgid_plural] : [msgid], msgctxt ?? undefined);

/** Translations by key; untranslated messages are left out. */
export function readGerman(root: string, file = germanFile): ReadonlyMap<string, readonly string[]> {
  const { items } = PO.parse(readFileSync(join(root, file), 'utf8'));
  return new Map(
    items
      .filter(({ msgstr }) => msgstr.every((text) => text !== ''))
      .map((item) => [keyOf(item), item.msgstr]),
  );
}

interface Used extends FoundMessage {
  readonly files: string[];
}

/** Every message of the page, in the order of files and their lines. */
export async function messagesOf(root: string): Promise<ReadonlyMap<string, Used>> {
  const used = new Map<string, Used>();
  for (const file of filesWithText(root)) {
    const { messages } = await translatable(readFileSync(join(root, file), 'utf8'), file);
    for (const message of messages) {
      const known = used.get(message.key);
      if (known) known.files.push(file);
      else used.set(message.key, { ...message, files: [file] });
    }
  }
  return used;
}

/** The file's text for the messages that there are: those that are known with their German, new ones without. */
export async function writtenCatalogue(root: string): Promise<string> {
  const german = readGerman(root);
  const po = new PO();
  po.headers = headers;
  po.items = [...(await messagesOf(root))].map(([key, { forms, context, values, files }]) => {
    const item = new PO.Item();
    const [one = '', many] = forms;
    item.msgid = one;
    if (many !== undefined) item.msgid_plural = many;
    if (context !== undefined) item.msgctxt = context;
    item.msgstr = [...(german.get(key) ?? forms.map(() => ''))];
    item.references = files;
    item.extractedComments = values.map((value, i) => `{${i}}: ${value.replace(/\s+/g, ' ').trim()}`);
    return item;
  });
  return textOf(po);
}

/** A catalogue as text. */
export const textOf = (po: PO): string => `${po.toString().trim()}\n`;

export const writeCatalogue = async (root: string): Promise<void> =>
  writeFileSync(join(root, germanFile), await writtenCatalogue(root));
