/** @file The codes that an attack may be answered in, by name: a result names its own, and whoever replays it can decode. */
import * as encodings from './encodings.ts';

export const answerCodes = {
  ascii: encodings.asciiCodes,
  atbash: encodings.atbash,
  base64: encodings.base64,
  caesar: encodings.caesar,
  gbk: encodings.gbkEscapes,
  leetspeak: encodings.leetspeak,
  morse: encodings.morse,
  rot13: encodings.rot13,
  unicode: encodings.unicodeEscapes,
  utf: encodings.utf8Escapes,
} satisfies Readonly<Record<string, encodings.Encoding>>;

export type AnswerCode = keyof typeof answerCodes;
