/** @file Reads a text file of any size line by line, in the memory of its longest line. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A part of a file, in bytes; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One line, without its line feed. The byte order mark of a file belongs to no line. */
export interface Line extends Span {
  /** From 1. */
  readonly number: number;
  /** `null`: the line is longer than was agreed to. Borrowed: the next line takes its place. */
  readonly bytes: Buffer | null;
}

const chunkBytes = 2 ** 20;
const lineFeed = 0x0a;
const byteOrderMark = Buffer.from('\ufeff');

/** The lines of a file, the empty ones too; without the empty last one after a final line feed. */
export function* readLines(path: string, longest: number): Generator<Line, void> {
  const file = openSync(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(chunkBytes);
    let number = 1;
    /** Offset in the file of the line that is being read, and how many of its bytes are in `buffer` already. */
    let start = startOfText(file);
    let filled = 0;
    for (;;) {
      if (filled === buffer.length) {
        if (filled > longest) return yield { number, start, end: start + filled, bytes: null };
        buffer = Buffer.concat([buffer], 2 * buffer.length);
      }
      const read = readSync(file, buffer, filled, buffer.length - filled, start + filled);
      const end = filled + read;
      let from = 0;
      for (let feed = indexOfFeed(buffer, filled, end); feed >= 0; feed = indexOfFeed(buffer, from, end)) {
        yield lineOf(buffer, number++, start, from, feed, longest);
        from = feed + 1;
      }
      if (read === 0) {
        if (end > 0) yield lineOf(buffer, number, start, 0, end, longest);
        return;
      }
      buffer.copyWithin(0, from, end);
      start += from;
      filled = end - from;
    }
  } finally {
    closeSync(file);
  }
}

function lineOf(
  buffer: Buffer,
  number: number,
  offset: number,
  from: number,
  to: number,
  longest: number,
): Line {
  const bytes = to - from > longest ? null : buffer.subarray(from, to);
  return { number, start: offset + from, end: offset + to, bytes };
}

function indexOfFeed(buffer: Buffer, from: number, end: number): number {
  const at = buffer.indexOf(lineFeed, from);
  return at < end ? at : -1;
}

function startOfText(file: number): number {
  const first = Buffer.alloc(byteOrderMark.length);
  return readSync(file, first, 0, first.length, 0) === first.length && first.equals(byteOrderMark)
    ? first.length
    : 0;
}

/** The bytes of a part of an open file. @throws Error when the file has become shorter */
export function readSpan(file: number, { start, end }: Span): Buffer {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let done = 0; done < bytes.length;) {
    const read = readSync(file, bytes, done, bytes.length - done, start + done);
    if (read === 0)
      throw new Error(`A file ended at byte ${start + done}; it was changed by another program.`);
    done += read;
  }
  return bytes;
}

export const sizeOf = (file: number): number => fstatSync(file).size;
