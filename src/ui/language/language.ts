/**
 * @file The language of the page: the one that its reader chose, else the first of the browser's that the page has. It is
 * settled when the page loads. Workers, Node and the command line have no page, and speak English.
 */
export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

/** Where the choice is kept in `localStorage`. */
export const languageKey = 'glovebox-language';

const isLanguage = (name: string): name is Language => Object.hasOwn(languages, name);

/** @param wanted tags such as `de-AT`, most wanted first */
export const languageFor = (chosen: string | null, wanted: readonly string[]): Language =>
  [chosen ?? '', ...wanted].map((tag) => tag.split('-')[0]!.toLowerCase()).find(isLanguage) ?? 'en';

function ofThisPage(): Language {
  if (typeof document === 'undefined') return 'en';
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem(languageKey);
  } catch {
    // Storage may be refused; the browser's languages then decide.
  }
  return languageFor(chosen, navigator.languages);
}

export const language = ofThisPage();

/** For dates: as the browser writes this language, such as `de-AT`. */
export const locale =
  typeof document === 'undefined'
    ? language
    : (navigator.languages.find((tag) => tag.startsWith(language)) ?? language);
