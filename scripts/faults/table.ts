/** @file The table of a part, and its place in docs/reliability.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../build.ts';
import type { FaultPart, Outcome } from './part.ts';

const documentPath = join(root, 'docs/reliability.md');

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Notes of what broke come first; equal notes are written once. */
const longestNotes = 3;
function notesOf(outcomes: readonly Outcome[]): string {
  const ordered = [
    ...outcomes.filter(({ result }) => result === 'broken'),
    ...outcomes.filter(({ result }) => result !== 'broken'),
  ];
  const notes = [...new Set(ordered.flatMap(({ note }) => note ?? []))];
  const more = notes.length > longestNotes ? [`and ${notes.length - longestNotes} more`] : [];
  return [...notes.slice(0, longestNotes), ...more].join('; ');
}

const timesOf = (outcomes: readonly Outcome[]) => outcomes.reduce((sum, { times = 1 }) => sum + times, 0);

function resultOf(outcomes: readonly Outcome[]): string {
  const count = (result: Outcome['result']) =>
    timesOf(outcomes.filter((outcome) => outcome.result === result));
  const [broken, skipped] = [count('broken'), count('skipped')];
  if (broken > 0) return `**${broken} broken**`;
  if (count('held') === 0) return 'skipped';
  return skipped > 0 ? `holds; ${skipped} skipped` : 'holds';
}

/** A Markdown table: one row per fault. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const faults = [...new Set(outcomes.map(({ fault }) => fault))].toSorted();
  const rows = faults.map((fault) => {
    const own = outcomes.filter((outcome) => outcome.fault === fault);
    return `| ${cell(fault)} | ${timesOf(own).toLocaleString('en')} | ${resultOf(own)} | ${cell(notesOf(own))} |`;
  });
  return ['| done | times | result | noted |', '| --- | ---: | --- | --- |', ...rows].join('\n');
}

/** Replace the table of `part` in the document. @throws Error if the document has no place for it */
export async function writeTable({ id }: FaultPart, caption: string, table: string): Promise<void> {
  const text = await readFile(documentPath, 'utf8');
  const [start, end] = [`<!-- table of ${id} -->`, `<!-- end of ${id} -->`];
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`docs/reliability.md has no place for the table of "${id}".`);
  const options = await resolveConfig(documentPath);
  const whole = `${before}${start}\n\n${caption}\n\n${table}\n\n${end}${after}`;
  await writeFile(documentPath, await format(whole, { ...options, filepath: documentPath }));
}
