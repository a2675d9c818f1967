/** @file An answer as a string of bare letters and digits, each of which knows where it stands in the answer. */

export interface Reading {
  /** Letters a–z and digits only. */
  readonly letters: string;
  /** Start and end in the answer of each of them, in UTF-16 units. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Characters that look like a Latin letter once case and diacritics are gone: Cyrillic, Greek, small capitals. */
const lookAlikes = new Map(
  (
    'аa вb сc еe һh нh іi јj кk ӏl мm оo рp ԛq гr ѕs тt уy ѵv ԝw хx ԁd ɡg ӡz ьb ' +
    'αa βb εe ηn ιi κk νv οo ρp τt υu χx γy ωw μu ζz σo ' +
    'ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz ' +
    'ıi ȷj łl øo đd ħh ŧt ßs æa œo ɑa ɩi ǝe'
  )
    .split(' ')
    .map((pair) => [[...pair][0]!, [...pair][1]!]),
);
/** Flag letters 🇦 to 🇿 and squared letters 🄰 🅐 🅰, which Unicode does not take for compatible forms. */
function pictured(point: number): string | null {
  for (const first of [0x1f1e6, 0x1f130, 0x1f150, 0x1f170])
    if (point >= first && point < first + 26) return String.fromCharCode(97 + point - first);
  return null;
}

/** Letters by character, since a text has few different ones. */
const remembered = (lettersOf: (character: string) => string) => {
  const known = new Map<string, string>();
  return (character: string): string => {
    let letters = known.get(character);
    if (letters === undefined) known.set(character, (letters = lettersOf(character)));
    return letters;
  };
};

/** The letters and digits that one character stands for; empty for punctuation, blanks and other scripts. */
const bare = remembered((character) => {
  const letter = pictured(character.codePointAt(0)!);
  if (letter !== null) return letter;
  const parts = character.normalize('NFKD').toLowerCase();
  return [...parts].map((part) => lookAlikes.get(part) ?? (/[a-z0-9]/.test(part) ? part : '')).join('');
});

/** Leetspeak in one spelling: all that may stand for a letter become that letter, in secret and answer alike. */
const leetLetters = new Map(
  [...'4a@a8b(c3e€e6g9g1i!i|i£iλa0o5s$s7t+t2z'.matchAll(/(.)(.)/gu)].map(([, sign, letter]) => [
    sign!,
    letter!,
  ]),
);
const leet = remembered((character) => {
  const letter = leetLetters.get(character) ?? bare(character);
  return [...letter].map((part) => leetLetters.get(part) ?? (part === 'l' ? 'i' : part)).join('');
});

/** `\\u0061`, `\\x61`, `%61`, `&#x61;` or `&#97;`. */
const escape =
  /\\u\{?(?<unicode>[0-9a-f]{2,6})\}?|\\x(?<byte>[0-9a-f]{2})|%(?<percent>[0-9a-f]{2})|&#x(?<entity>[0-9a-f]{2,6});|&#(?<decimal>\d{2,7});/giu;

function unescaped({ 0: found, groups = {} }: RegExpExecArray): string {
  const { unicode, byte, percent, entity, decimal } = groups;
  const point =
    decimal === undefined ? Number.parseInt((unicode ?? byte ?? percent ?? entity)!, 16) : Number(decimal);
  return point <= 0x10ffff ? String.fromCodePoint(point) : found;
}

function readingBy(answer: string, lettersOf: (character: string) => string): Reading {
  const letters: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const read = (character: string, start: number, end: number) => {
    for (const letter of lettersOf(character)) {
      letters.push(letter);
      starts.push(start);
      ends.push(end);
    }
  };
  const readPlain = (start: number, end: number) => {
    let at = start;
    for (const character of answer.slice(start, end)) {
      read(character, at, at + character.length);
      at += character.length;
    }
  };
  let done = 0;
  for (const match of answer.matchAll(escape)) {
    const end = match.index + match[0].length;
    readPlain(done, match.index);
    read(unescaped(match), match.index, end);
    done = end;
  }
  readPlain(done, answer.length);
  return { letters: letters.join(''), starts, ends };
}

/** Case, diacritics, separators, look-alike letters of other scripts and escapes are gone. */
export const plainReading = (answer: string): Reading => readingBy(answer, bare);
/** As `plainReading`, with the signs of leetspeak read as letters. */
export const leetReading = (answer: string): Reading => readingBy(answer, leet);

/** The part of a reading that `isKept` says. */
export function filtered(reading: Reading, isKept: (letter: string, index: number) => boolean): Reading {
  const kept = [...reading.letters].flatMap((letter, i) => (isKept(letter, i) ? [i] : []));
  return {
    letters: kept.map((i) => reading.letters[i]).join(''),
    starts: kept.map((i) => reading.starts[i]!),
    ends: kept.map((i) => reading.ends[i]!),
  };
}

/**
 * The letters of those stretches of the answer that the first group of `pattern` finds, one after another.
 * @param pattern has nothing like the group behind it
 */
export function pickedReading(answer: string, pattern: RegExp): Reading {
  const letters: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  for (const match of answer.matchAll(pattern)) {
    const [found, group] = match as unknown as readonly [string, string];
    const start = match.index + found.lastIndexOf(group);
    const part = plainReading(group);
    letters.push(part.letters);
    for (const at of part.starts) starts.push(start + at);
    for (const at of part.ends) ends.push(start + at);
  }
  return { letters: letters.join(''), starts, ends };
}
