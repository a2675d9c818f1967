/**
 * @file Compiles the text of the page into lookups. Beside each module with text stands a generated one with its messages in
 * every language, so that text loads with the page that shows it. The German of the lab's cards is a module of its own,
 * which only a German page loads. Nothing is written to disk.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { compileTranslation } from 'wuchale/compiler';
import type { Plugin } from 'vite';
import { germanFile, germanLabFile, readGerman } from '../messages/catalogue.ts';
import { hasText } from '../messages/files.ts';
import { translatable } from '../messages/translatable.ts';

const prefix = 'virtual:messages/';
const labTexts = 'virtual:lab-texts';

export function messages(): Plugin {
  let root = '';
  const pathOf = (id: string) => relative(root, id).replaceAll('\\', '/');
  return {
    name: 'glovebox:messages',
    enforce: 'pre',
    configResolved: (config) => void (root = config.root),
    resolveId: (id) => (id.startsWith(prefix) || id === labTexts ? `\0${id}` : null),
    async load(id) {
      if (id === `\0${labTexts}`) {
        this.addWatchFile(join(root, germanLabFile));
        const german = [...readGerman(root, germanLabFile)].map(([key, [text]]) => [key, text]);
        return `export default ${JSON.stringify(Object.fromEntries(german))};`;
      }
      if (!id.startsWith(`\0${prefix}`)) return null;
      const file = id.slice(prefix.length + 1).replace(/\.messages$/, '');
      this.addWatchFile(join(root, file));
      this.addWatchFile(join(root, germanFile));
      const german = readGerman(root);
      const found = (await translatable(readFileSync(join(root, file), 'utf8'), file)).messages;
      const compiled = (forms: readonly string[]) =>
        forms.length > 1 ? forms : compileTranslation(forms[0]!, forms[0]!);
      const texts = {
        en: found.map(({ forms }) => compiled(forms)),
        de: found.map(({ key, forms }) => compiled(german.get(key) ?? forms)),
      };
      const maker = JSON.stringify(join(root, 'src/ui/language/messages.ts'));
      return `import { messages } from ${maker};\nexport default messages(${JSON.stringify(texts)});`;
    },
    async transform(content, id) {
      const file = pathOf(id);
      if (!hasText(file)) return null;
      const { messages: found, code } = await translatable(content, file);
      if (found.length === 0) return null;
      return code(`${prefix}${file}.messages`) as never;
    },
  };
}
