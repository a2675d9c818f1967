/** @file Writes a date as Python's `strftime` does in the C locale, which chat templates expect: in English, everywhere alike. */

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = 'January February March April May June July August September October November December'.split(
  ' ',
);

const msPerDay = 86_400_000;
const two = (value: number, fill = '0') => String(value).padStart(2, fill);

type Write = (date: Date) => string | number;

/** Days since 1 January, from 0. */
const dayOfYear = (date: Date) =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / msPerDay);
/** Monday is 0. */
const weekdayFromMonday = (date: Date) => (date.getUTCDay() + 6) % 7;
/** The Thursday of the date's week, whose year is that of the week in ISO 8601. */
const thursdayOf = (date: Date) => new Date(date.getTime() + (3 - weekdayFromMonday(date)) * msPerDay);
const hour12 = (date: Date) => date.getUTCHours() % 12 || 12;

const directives: Readonly<Record<string, Write>> = {
  a: (date) => days[date.getUTCDay()]!.slice(0, 3),
  A: (date) => days[date.getUTCDay()]!,
  b: (date) => months[date.getUTCMonth()]!.slice(0, 3),
  h: (date) => months[date.getUTCMonth()]!.slice(0, 3),
  B: (date) => months[date.getUTCMonth()]!,
  c: (date) => strftime(date, '%a %b %e %H:%M:%S %Y'),
  C: (date) => two(Math.floor(date.getUTCFullYear() / 100)),
  d: (date) => two(date.getUTCDate()),
  D: (date) => strftime(date, '%m/%d/%y'),
  e: (date) => two(date.getUTCDate(), ' '),
  f: (date) => String(date.getUTCMilliseconds() * 1000).padStart(6, '0'),
  F: (date) => strftime(date, '%Y-%m-%d'),
  g: (date) => two(thursdayOf(date).getUTCFullYear() % 100),
  G: (date) => thursdayOf(date).getUTCFullYear(),
  H: (date) => two(date.getUTCHours()),
  I: (date) => two(hour12(date)),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, '0'),
  k: (date) => two(date.getUTCHours(), ' '),
  l: (date) => two(hour12(date), ' '),
  m: (date) => two(date.getUTCMonth() + 1),
  M: (date) => two(date.getUTCMinutes()),
  n: () => '\n',
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  P: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
  r: (date) => strftime(date, '%I:%M:%S %p'),
  R: (date) => strftime(date, '%H:%M'),
  s: (date) => Math.floor(date.getTime() / 1000),
  S: (date) => two(date.getUTCSeconds()),
  t: () => '\t',
  T: (date) => strftime(date, '%H:%M:%S'),
  u: (date) => weekdayFromMonday(date) + 1,
  U: (date) => two(Math.floor((dayOfYear(date) + 7 - date.getUTCDay()) / 7)),
  V: (date) => two(Math.floor(dayOfYear(thursdayOf(date)) / 7) + 1),
  w: (date) => date.getUTCDay(),
  W: (date) => two(Math.floor((dayOfYear(date) + 7 - weekdayFromMonday(date)) / 7)),
  x: (date) => strftime(date, '%m/%d/%y'),
  X: (date) => strftime(date, '%H:%M:%S'),
  y: (date) => two(date.getUTCFullYear() % 100),
  Y: (date) => date.getUTCFullYear(),
  // A date without a time zone has neither offset nor name.
  z: () => '',
  Z: () => '',
  '%': () => '%',
};

/**
 * @param date read in UTC
 * @param format as in Python; `%-d` leaves out the padding, as glibc does. Unknown directives stay as they are.
 */
export const strftime = (date: Date, format: string): string =>
  format.replace(/%([-_0^#]?)([a-zA-Z%])/g, (whole, flag: string, name: string) => {
    const write = directives[name];
    if (!write) return whole;
    const text = String(write(date));
    switch (flag) {
      case '-':
        return /^[0 ]+\d/.test(text) ? text.replace(/^[0 ]+(?=\d)/, '') : text;
      case '_':
        return text.replace(/^0+(?=\d)/, (zeros) => ' '.repeat(zeros.length));
      case '0':
        return text.replace(/^ +(?=\d)/, (blanks) => '0'.repeat(blanks.length));
      case '^':
        return text.toUpperCase();
      default:
        return text;
    }
  });
