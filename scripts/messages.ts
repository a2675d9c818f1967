/** @file Brings the catalogue in step with the sources, and says which messages have no German text yet. */
import { fileURLToPath } from 'node:url';
import { germanFile, messagesOf, readGerman, writeCatalogue } from './messages/catalogue.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
await writeCatalogue(root);
const german = readGerman(root);
const missing = [...(await messagesOf(root)).values()].filter(({ key }) => !german.has(key));
for (const { forms } of missing) console.log(forms.join(' | '));
console.log(
  `${german.size} messages translated, ${missing.length} without German: add them in ${germanFile}.`,
);
