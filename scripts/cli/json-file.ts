/** @file Reads JSON files that the user names; an error gives the line. */
import { readFileSync, statSync } from 'node:fs';
import { excerpt } from '../../src/core/excerpt.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { parseTemplatePack, type TemplatePack } from '../../src/lab/plan/template-pack.ts';
import { badUsage, CommandError } from './failure.ts';
import { brokenAt, positionOf } from '../../src/core/json-position.ts';

/** Longest file that is read whole: some hundred thousand behaviors in a plan. */
const mostBytes = 256 * 2 ** 20;

/**
 * The value in a file; a byte order mark, which editors on Windows write, is skipped.
 * @param what the kind of file, for the message when it does not exist
 * @throws CommandError 2 that names the file, and the line where it is not JSON
 */
export function readJson(path: string, what: string): unknown {
  const text = readText(path, what);
  try {
    return JSON.parse(text);
  } catch (error) {
    const { line, column } = positionOf(text, brokenAt(text));
    throw badUsage(`${excerpt(path)}, line ${line}, column ${column}: ${reasonOf(error)}.`);
  }
}

/** The engine's reason without its own position, which it does not always give. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return excerpt(message.replace(/( in JSON)? at position \d+.*$/s, ''));
}

function readText(path: string, what: string): string {
  const name = excerpt(path);
  let bytes: Buffer;
  try {
    const { size } = statSync(path);
    if (size > mostBytes)
      throw badUsage(`${name} has ${Math.round(size / 2 ** 20)} MiB; a ${what} may have 256 MiB at most.`);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw badUsage(`There is no ${what} "${name}".`);
    throw badUsage(`The ${what} "${name}" cannot be read (${code}).`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badUsage(`${name} is not text in UTF-8.`, 'Save it with that encoding.');
  }
}

/** @throws CommandError or LabError that describes the problem with the pack */
export const readTemplates = (path: string): TemplatePack =>
  parseTemplatePack(readJson(path, 'template pack'), registries.attacks.all);
