/** @file Codes of text that a model may read and a filter may not. Decoders never throw. */
import * as core from './encodings.ts';

export interface Encoding {
  readonly encode: (text: string) => string;
  /** Leaves unreadable parts unchanged. */
  readonly decode: (text: string) => string;
}

const selfInverse = (map: (text: string) => string): Encoding => ({ encode: map, decode: map });

export const rot13 = selfInverse(core.rot13);
/** Each letter shifted by three places. */
export const caesar: Encoding = {
  encode: (text) => core.caesar(text, 3),
  decode: (text) => core.caesar(text, -3),
};

/** Each letter mirrored in the alphabet: a ↔ z. */
export const atbash = selfInverse((text) =>
  text.replace(/[a-z]/gi, (letter) =>
    String.fromCharCode((letter <= 'Z' ? 155 : 219) - letter.charCodeAt(0)),
  ),
);

const byLine = (map: (line: string) => string) => (text: string) => text.split('\n').map(map).join('\n');

/** Decimal code points separated by blanks; line breaks are kept. */
export const asciiCodes: Encoding = {
  encode: byLine((line) => [...line].map((letter) => letter.codePointAt(0)).join(' ')),
  decode: byLine((line) => {
    const read = (code: string) =>
      /^\d{1,7}$/.test(code) && Number(code) <= 0x10ffff ? String.fromCodePoint(Number(code)) : code;
    return line.split(/ +/).map(read).join('');
  }),
};

const morseCodes: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'A.- B-... C-.-. D-.. E. F..-. G--. H.... I.. J.--- K-.- L.-.. M-- N-. O--- P.--. Q--.- R.-. S... T- U..- ' +
    'V...- W.-- X-..- Y-.-- Z--.. 0----- 1.---- 2..--- 3...-- 4....- 5..... 6-.... 7--... 8---.. 9----. ' +
    `..-.-.- ,--..-- ?..--.. '.----. !-.-.-- /-..-. (-.--. )-.--.- &.-... :---... ;-.-.-. =-...- +.-.-. ` +
    '--....- _..--.- ".-..-. $...-..- @.--.-.'
  )
    .split(' ')
    .map((entry) => [entry[0]!, entry.slice(1)]),
);
const morseLetters = new Map(
  Object.entries(morseCodes).map(([letter, code]) => [code, letter.toLowerCase()]),
);

/** One blank between letters, two between words. Letter case is lost; characters without a code are kept. */
export const morse: Encoding = {
  encode: byLine((line) =>
    line
      .split(' ')
      .map((word) => [...word].map((letter) => morseCodes[letter.toUpperCase()] ?? letter).join(' '))
      .join('  '),
  ),
  decode: byLine((line) =>
    line
      .split(/ {2}| ?\/ ?/)
      .map((word) => word.split(' ').map((code) => morseLetters.get(code) ?? code))
      .map((letters) => letters.join(''))
      .join(' '),
  ),
};

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
const escapedBytes = (bytes: Iterable<number>) => [...bytes].map((byte) => `\\x${hex(byte, 2)}`).join('');
/** A backslash is escaped as well, so that every text decodes to itself. */
const beyondAscii = /[\\\u0080-\uffff]/g;
const byteEscapes = /(?:\\x[0-9a-f]{2})+/gi;
const bytesOf = (escapes: string) =>
  Uint8Array.from(escapes.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));

/** Characters beyond ASCII as `\uXXXX`. */
export const unicodeEscapes: Encoding = {
  encode: (text) => text.replace(beyondAscii, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`),
  decode: (text) =>
    text.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
};

/** Characters beyond ASCII as the `\xNN` of their UTF-8 bytes. */
export const utf8Escapes: Encoding = {
  encode: (text) =>
    text.replace(/[\\\u0080-\u{10ffff}]/gu, (letter) => escapedBytes(new TextEncoder().encode(letter))),
  decode: (text) => text.replace(byteEscapes, (escapes) => new TextDecoder().decode(bytesOf(escapes))),
};

let gbkBytes: ReadonlyMap<string, readonly number[]> | undefined;
/** The platform decodes GBK but does not encode it, so the table is derived from the decoder. */
function gbkTable(): ReadonlyMap<string, readonly number[]> {
  if (gbkBytes) return gbkBytes;
  const table = new Map<string, readonly number[]>([['\\', [0x5c]]]);
  const decoder = new TextDecoder('gbk');
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const letter = decoder.decode(Uint8Array.of(lead, trail));
      if (letter.length === 1 && letter !== '\ufffd' && !table.has(letter)) table.set(letter, [lead, trail]);
    }
  return (gbkBytes = table);
}

/** Characters beyond ASCII as the `\xNN` of their GBK bytes; those that GBK lacks are kept. */
export const gbkEscapes: Encoding = {
  encode: (text) =>
    text.replace(beyondAscii, (letter) => {
      const bytes = gbkTable().get(letter);
      return bytes === undefined ? letter : escapedBytes(bytes);
    }),
  decode: (text) => text.replace(byteEscapes, (escapes) => new TextDecoder('gbk').decode(bytesOf(escapes))),
};

/** Standard Base64 of the UTF-8 bytes. */
export const base64: Encoding = {
  encode: (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))),
  decode: (text) => {
    const packed = text.replace(/\s+/g, '').replace(/=+$/, '');
    if (!/^[A-Za-z0-9+/]+$/.test(packed)) return text;
    // An answer that was cut off may end within a group of four.
    const whole = packed.length % 4 === 1 ? packed.slice(0, -1) : packed;
    return new TextDecoder().decode(Uint8Array.from(atob(whole), (byte) => byte.charCodeAt(0)));
  },
};

const unleet: Readonly<Record<string, string>> = { '@': 'a', '3': 'e', '!': 'i', '0': 'o' };
/** Decoding restores letters, but not the words "are" and "be". */
export const leetspeak: Encoding = {
  encode: core.leetspeak,
  decode: (text) => text.replace(/[@3!0]/g, (sign) => unleet[sign]!),
};

/** Every byte of UTF-8 as `digits` digits of base `radix`. Decoding skips all that is no digit. */
const byteDigits = (radix: 2 | 16, digits: number, notDigits: RegExp): Encoding => ({
  encode: (text) =>
    [...new TextEncoder().encode(text)].map((byte) => byte.toString(radix).padStart(digits, '0')).join(' '),
  decode: (text) => {
    const groups = text.replace(notDigits, ' ').match(/\S+/g) ?? [];
    // Groups of one byte each, or one run of digits to be cut into bytes.
    const bytes = groups.every(({ length }) => length <= digits)
      ? groups
      : (groups.join('').match(new RegExp(`.{${digits}}`, 'g')) ?? []);
    return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, radix) || 0));
  },
});

export const hexadecimal = byteDigits(16, 2, /0x|[^0-9a-f]+/gi);
export const binary = byteDigits(2, 8, /[^01]+/g);
