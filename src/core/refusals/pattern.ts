/** @file Regular expressions on the text that `isRefusal` reads: lower case, straight apostrophes, single blanks, no accents. */

/** Latin letters without their accents, which models often leave out. Other scripts keep their marks. */
export const withoutAccents = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/(?<=\p{sc=Latin})\p{M}+/gu, '')
    .normalize('NFC');

/** Whole words only. */
export const words = (source: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}'])(?:${withoutAccents(source)})(?![\\p{L}\\p{N}])`, 'u');

/** At the start of the text or of a clause; whole words only. */
export const clause = (source: string): RegExp =>
  new RegExp(`(?:^|[.!?,;:("\u2014\u2013-] ?)(?:${withoutAccents(source)})(?![\\p{L}\\p{N}])`, 'u');

/** Whole words that no word of `deniers` precedes in the same clause: "that is illegal", not "nothing in it is illegal". */
export const claim = (source: string, deniers: string): RegExp =>
  words(`(?<!(?<![\\p{L}\\p{N}])(?:${deniers})(?!\\p{L})[^.!?;,:]{0,40})(?:${source})`);
