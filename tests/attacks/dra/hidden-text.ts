/** The text that the lines of DRA's `hiddenLetters` hide. For tests. */
export const hiddenTextOf = (lines: string): string =>
  lines
    .split('\n')
    .map((line) => /\((.)\)/su.exec(line)?.[1] ?? '')
    .join('');
