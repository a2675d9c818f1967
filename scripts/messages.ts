/** @file Brings the catalogues in step with the sources, and says which texts have no German yet. */
import { fileURLToPath } from 'node:url';
import { germanFile, germanLabFile, messagesOf, readGerman, writeCatalogue } from './messages/catalogue.ts';
import { labTexts, writeLabCatalogue } from './messages/lab-catalogue.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function report(file: string, messages: readonly { key: string; forms: readonly string[] }[]): void {
  const german = readGerman(root, file);
  const missing = messages.filter(({ key }) => !german.has(key));
  for (const { forms } of missing) console.log(forms.join(' | '));
  console.log(`${german.size} messages translated, ${missing.length} without German: add them in ${file}.`);
}

await writeCatalogue(root);
report(germanFile, [...(await messagesOf(root)).values()]);
writeLabCatalogue(root);
report(
  germanLabFile,
  labTexts().map((text) => ({ key: text, forms: [text] })),
);
