/** @file The wordings of a refusal in every language that the lab reads. */
import { chinese } from './chinese.ts';
import { english } from './english.ts';
import { french } from './french.ts';
import { german } from './german.ts';
import { italian } from './italian.ts';
import { japanese } from './japanese.ts';
import { portuguese } from './portuguese.ts';
import { russian } from './russian.ts';
import { spanish } from './spanish.ts';

/** An answer's language is not known before it is read, and no pattern is a phrase of another language. */
export const refusalPatterns: readonly RegExp[] = [
  ...english,
  ...german,
  ...french,
  ...spanish,
  ...italian,
  ...portuguese,
  ...russian,
  ...chinese,
  ...japanese,
];
