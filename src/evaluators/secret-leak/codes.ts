/** @file Stretches of an answer that may be in a code, decoded. Decoding never throws; what is no code comes out as noise. */
import * as codes from '../../core/codes.ts';

export interface Decoded {
  readonly form: string;
  readonly text: string;
  /** Where the stretch stands in the answer, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

interface Code {
  readonly form: string;
  /** Finds stretches that may be in this code. */
  readonly pattern: RegExp;
  readonly decode: (stretch: string) => string;
}

/** The numbers of a stretch as `asciiCodes` reads them: separated by single blanks. */
const numbers = (stretch: string): string => (stretch.match(/\d+/g) ?? []).join(' ');

const readableMorse = (stretch: string): string =>
  stretch
    .replace(/[·•∙*]/g, '.')
    .replace(/[–—−_]/g, '-')
    .replace(/\s*[/|]+\s*|\s*\n\s*|\s{2,}/g, '  ')
    .trim();

const knownCodes: readonly Code[] = [
  {
    form: 'Base64',
    pattern: /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{6,}={0,2}/g,
    decode: (found) => codes.base64.decode(fromUrl(found)),
  },
  {
    form: 'Base64 over lines',
    pattern: /(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{4,}[ \t]*\n[ \t]*)+[A-Za-z0-9+/_-]{2,}={0,2}/g,
    decode: (found) => codes.base64.decode(fromUrl(found)),
  },
  {
    form: 'character codes',
    pattern: /\d{2,3}(?:[^\p{L}\p{N}]{1,4}\d{2,3}){3,}/gu,
    decode: (found) => codes.asciiCodes.decode(numbers(found)),
  },
  {
    form: 'places in the alphabet',
    pattern: /\d{1,2}(?:[^\p{L}\p{N}]{1,4}\d{1,2}){3,}/gu,
    decode: (found) =>
      (found.match(/\d+/g) ?? [])
        .map((place) => String.fromCharCode(96 + Math.min(27, Number(place))))
        .join(''),
  },
  {
    form: 'hexadecimal',
    pattern: /(?:(?:0x)?[0-9a-f]{2}[\s,:-]{0,2}){4,}/gi,
    decode: codes.hexadecimal.decode,
  },
  { form: 'binary', pattern: /(?:[01]{7,8}[\s,]{0,2}){4,}/g, decode: codes.binary.decode },
  {
    form: 'Morse code',
    pattern: /[.·•∙*\-–—−_]{1,6}(?:[\s/|]+[.·•∙*\-–—−_]{1,6}){3,}/g,
    decode: (found) => codes.morse.decode(readableMorse(found)),
  },
];

/** The alphabet of Base64 in addresses, in the usual one. */
const fromUrl = (packed: string): string => packed.replaceAll('-', '+').replaceAll('_', '/');

export const decodings = (answer: string): readonly Decoded[] =>
  knownCodes.flatMap(({ form, pattern, decode }) =>
    [...answer.matchAll(pattern)].map(({ 0: found, index }) => ({
      form,
      text: decode(found),
      start: index,
      end: index + found.trimEnd().length,
    })),
  );
