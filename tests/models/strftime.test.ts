import { expect, test } from 'vitest';
import { strftime } from '../../src/models/strftime.ts';

/** Written by Python 3.11 in the C locale: `datetime(2021, 1, 3, 15, 4, 5).strftime(…)`. */
test.each([
  ['%d %b %Y', '03 Jan 2021'],
  ['%A, %B %-d, %Y', 'Sunday, January 3, 2021'],
  ['%a %e %m %y %H:%M:%S %I %p', 'Sun  3 01 21 15:04:05 03 PM'],
  ['%j %U %W %V %G %u %w', '003 01 00 53 2020 7 0'],
  ['%c|%x|%X|%D|%F|%T|%R', 'Sun Jan  3 15:04:05 2021|01/03/21|15:04:05|01/03/21|2021-01-03|15:04:05|15:04'],
  ['100%% %Z%z', '100% '],
])('%j', (format, text) => {
  expect(strftime(new Date('2021-01-03T15:04:05Z'), format)).toBe(text);
});
