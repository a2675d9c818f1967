/**
 * @file Tinnish, the second language of the town: English with letters exchanged by a rule without exceptions, so that
 * a translation can be graded exactly.
 */

/** What each letter becomes; no two become the same. */
const shifts = new Map(
  Object.entries({ a: 'e', e: 'i', i: 'o', o: 'u', u: 'a' }).concat(
    ['td', 'kg', 'pb', 'fv', 'sz', 'lr', 'mn'].flatMap(([x, y]) => [
      [x!, y!],
      [y!, x!],
    ]),
  ) as [string, string][],
);
const back = new Map([...shifts].map(([letter, shifted]) => [shifted, letter]));

const shift = (text: string, map: ReadonlyMap<string, string>): string =>
  text.replace(/[a-z]/gi, (letter) => {
    const shifted = map.get(letter.toLowerCase()) ?? letter.toLowerCase();
    return letter === letter.toLowerCase() ? shifted : shifted.toUpperCase();
  });

/** "wake the stone giant" is "wegi dhi zdumi koemd". */
export const toTinnish = (english: string): string => shift(english, shifts);
export const fromTinnish = (tinnish: string): string => shift(tinnish, back);
