/** @file trials.jsonl: one line per trial, appended when it finishes, so that no finished trial is lost. */
import { isUtf8 } from 'node:buffer';
import { closeSync, existsSync, fdatasyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { excerpt } from '../../src/core/excerpt.ts';
import { recordProblem, upgradeRecord } from '../../src/lab/records/check.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { badUsage, cannotWrite, CommandError } from './failure.ts';
import { reasonOf } from './json-file.ts';
import { readLines, readSpan, sizeOf, type Line, type Span } from './lines.ts';

/** A checked trial and where it stands in its file. */
export interface StoredTrial {
  readonly record: TrialRecord;
  /** From 1. */
  readonly line: number;
  readonly span: Span;
}

/** The trial at a place of an open file of trials, which was checked before. @throws Error when the file was changed */
export const readRecord = (file: number, span: Span): TrialRecord =>
  upgradeRecord(JSON.parse(readSpan(file, span).toString('utf8')) as TrialRecord);

/** How a file of trials ends. */
export interface TrialsEnd {
  /** Length of all whole trials, in bytes. */
  readonly whole: number;
  /** Bytes after them, which an interrupted write left. */
  readonly torn: number;
  /** The last trial has no line feed yet. */
  readonly open: boolean;
}

export const longestLine = 64 * 2 ** 20;

/**
 * Call `take` with every trial of a file, in its order; with none when there is no file. An incomplete last line, left by
 * an interrupted write, is skipped.
 * @throws CommandError 2 for a line that is no trial, with its number
 */
export function eachTrial(path: string, take: (trial: StoredTrial) => void): TrialsEnd {
  if (!existsSync(path)) return { whole: 0, torn: 0, open: false };
  const { size } = statSync(path);
  let end: TrialsEnd = { whole: 0, torn: 0, open: false };
  let broken: CommandError | null = null;
  for (const line of readLines(path, longestLine)) {
    const whole = Math.min(line.end + 1, size);
    if (line.bytes !== null && isBlank(line.bytes)) {
      if (broken === null) end = { ...end, whole };
      continue;
    }
    if (broken !== null) throw broken;
    const value = parsed(path, line);
    if (value instanceof CommandError) {
      broken = value;
      end = { ...end, torn: size - end.whole };
      continue;
    }
    const problem = recordProblem(value);
    if (problem !== null) throw brokenLine(path, line.number, problem);
    take({ record: upgradeRecord(value as TrialRecord), line: line.number, span: spanOf(line) });
    end = { whole, torn: 0, open: line.end === size };
  }
  return end;
}

const isBlank = (bytes: Buffer): boolean => bytes.length < 100 && bytes.toString('latin1').trim() === '';
const spanOf = ({ start, end }: Span): Span => ({ start, end });

function parsed(path: string, { bytes, number }: Line): unknown {
  if (bytes === null)
    throw brokenLine(path, number, `it is longer than ${longestLine / 2 ** 20} MiB, which no trial is`);
  if (!isUtf8(bytes)) return brokenLine(path, number, 'it is not text in UTF-8');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    return brokenLine(path, number, reasonOf(error));
  }
}

const brokenLine = (path: string, line: number, reason: string) =>
  badUsage(
    `${excerpt(path)}, line ${line}: this is not a complete trial (${reason}).`,
    'Remove the line to run it again.',
  );

/** A file of trials that is open for more. */
export interface TrialFile {
  /**
   * Add one line per trial, in one write each.
   * @returns where each stands
   * @throws CommandError 1 when one cannot be written; the part of it that was is cut off, and those before it are safe
   */
  append(lines: readonly string[]): readonly Span[];
  read(span: Span): string;
  /** Length in bytes. */
  size(): number;
  close(): void;
}

/** Writes a part of a buffer to the end of a file. @returns how much of it was written */
type Write = (file: number, bytes: Buffer, offset: number, length: number) => number;

/** Open or create a file of trials. What an interrupted write left is cut off first. */
export function openTrials(path: string, { whole, open }: TrialsEnd, write: Write = writeSync): TrialFile {
  let size = whole;
  let file: number;
  try {
    file = openSync(path, 'a+');
    if (sizeOf(file) > whole) ftruncateSync(file, whole);
  } catch (error) {
    throw cannotWrite(path, error);
  }
  const add = (text: string): Span => {
    const bytes = Buffer.from(text);
    if (sizeOf(file) !== size)
      throw new CommandError(
        1,
        `Another program writes to ${excerpt(path)}.`,
        'Wait until it is done, then continue with --resume.',
      );
    try {
      for (let done = 0; done < bytes.length;) done += write(file, bytes, done, bytes.length - done);
    } catch (error) {
      ftruncateSync(file, size);
      throw cannotWrite(path, error);
    }
    const span = { start: size, end: size + bytes.length - 1 };
    size += bytes.length;
    return span;
  };
  if (open) add('\n');
  return {
    append(lines) {
      const spans = lines.map((line) => add(`${line}\n`));
      try {
        fdatasyncSync(file);
      } catch (error) {
        throw cannotWrite(path, error);
      }
      return spans;
    },
    read: (span) => readSpan(file, span).toString('utf8'),
    size: () => size,
    close: () => closeSync(file),
  };
}

const copiedAtOnce = 4 * 2 ** 20;

/** Copy lines of open files, byte for byte, to the end of another one. */
export function copyLines(lines: Iterable<{ readonly file: number; readonly span: Span }>, to: number): void {
  let waiting: Buffer[] = [];
  let bytes = 0;
  const flush = () => {
    const all = Buffer.concat(waiting);
    for (let done = 0; done < all.length;) done += writeSync(to, all, done);
    waiting = [];
    bytes = 0;
  };
  for (const { file, span } of lines) {
    waiting.push(readSpan(file, span), Buffer.from('\n'));
    bytes += span.end - span.start + 1;
    if (bytes >= copiedAtOnce) flush();
  }
  flush();
}
