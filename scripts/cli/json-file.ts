/** @file Reads JSON files that the user names; an error gives the line. */
import { readFileSync } from 'node:fs';
import { registries } from '../../src/lab/trials/registries.ts';
import { parseTemplatePack, type TemplatePack } from '../../src/lab/plan/template-pack.ts';
import { badUsage } from './failure.ts';

/** @param what the kind of file, for the message when it does not exist */
export function readJson(path: string, what: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw badUsage(`There is no ${what} "${path}".`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const position = Number(/position (\d+)/.exec(reason)?.[1] ?? text.length);
    const line = text.slice(0, position).split('\n').length;
    throw badUsage(`${path}, line ${line}: ${reason}.`);
  }
}

/** @throws CommandError or LabError that describes the problem with the pack */
export const readTemplates = (path: string): TemplatePack =>
  parseTemplatePack(readJson(path, 'template pack'), registries.attacks.all);
