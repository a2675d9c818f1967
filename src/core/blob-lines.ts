/** @file Reads a text file line by line, however large it is. */

/**
 * Lines without their breaks; an empty one at the end is left out.
 * @param mostCharacters of a line; a longer one ends the reading with what `tooLong` makes
 */
export async function* blobLines(
  file: Blob,
  mostCharacters = Infinity,
  tooLong: () => Error = () => new RangeError('A line is too long.'),
): AsyncGenerator<string, void> {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  try {
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (value ?? '')).split('\n');
      rest = lines.pop()!;
      if (rest.length > mostCharacters) throw tooLong();
      yield* lines;
      if (done) break;
    }
    if (rest !== '') yield rest;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
