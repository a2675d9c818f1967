/** @file What compiled text calls: `scripts/vite/messages.ts` puts one of these beside each module that has text. */
import toRuntime, { type CatalogModule } from 'wuchale/runtime';
import { language, type Language } from './language.ts';

type Texts = CatalogModule['c'];
let spoken = language;

export const messages = (texts: Readonly<Record<Language, Texts>>) =>
  toRuntime({
    get c() {
      return texts[spoken];
    },
    p: (count) => (count === 1 ? 0 : 1),
  });

/** For files, which are the same in every language. @param work makes the whole file before it returns */
export function inEnglish<T>(work: () => T): T {
  spoken = 'en';
  try {
    return work();
  } finally {
    spoken = language;
  }
}
