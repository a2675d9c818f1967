/** @file What a player hands in for the class, the scoreboard made of many of them, and its table. Pure. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { issueTexts } from '../../core/excerpt.ts';
import { sizeProblem } from '../../core/nesting.ts';
import { csvRow } from '../records/export.ts';

const format = 'glovebox-vault-results';
const version = 1;

/** As long as the text field of the page lets a prompt be. */
export const mostPromptCharacters = 4000;

const resultsSchema = z.strictObject({
  format: z.literal(format, `It must be "${format}"`),
  version: z.literal(version, `It must be ${version}`),
  name: z.string().trim().min(1).max(60),
  solved: z
    .array(
      z.strictObject({
        level: z
          .string()
          .max(60)
          .regex(/^[a-z]+-[a-z0-9]+$/, 'It must be the id of a level'),
        /** Tries up to the one that opened it. */
        attempts: z.int().min(1).max(1_000_000),
        /** What opened it. */
        prompt: z.string().min(1).max(mostPromptCharacters),
      }),
    )
    .max(100)
    .refine(
      (solved) => new Set(solved.map(({ level }) => level)).size === solved.length,
      'A level may stand there only once',
    ),
});
export type VaultResults = Readonly<Omit<z.infer<typeof resultsSchema>, 'format' | 'version'>>;

const advice = 'Choose the files that players saved under “Save my results”.';

export const writeResults = ({ name, solved }: VaultResults): string =>
  `${JSON.stringify({ format, version, name, solved }, null, 2)}\n`;

/** @throws LabError 'bad-input' that names the file and what is wrong in it */
export function readResults(input: unknown, file: string): VaultResults {
  const problem = sizeProblem(input, { depth: 4, values: 1000 });
  const parsed = problem === null ? resultsSchema.safeParse(input) : null;
  if (parsed?.success) return { name: parsed.data.name, solved: parsed.data.solved };
  const reasons = parsed ? issueTexts(parsed.error.issues, 'the file').join('; ') : problem!;
  throw new LabError('bad-input', `${file} holds no results of the Vault. ${reasons}.`, { advice });
}

/** `checked`: the prompt was asked again on this device, and opened the vault. */
export type Check = 'waiting' | 'checked' | 'did not open' | 'unknown level' | 'could not tell';

export interface Entry extends VaultResults {
  /** By level. */
  readonly checks: Readonly<Record<string, Check>>;
}

export interface Row {
  readonly name: string;
  /** Levels whose prompt opened the vault again. */
  readonly checked: number;
  readonly claimed: number;
  /** For the checked levels, as the player's device counted them. */
  readonly attempts: number;
}

export function rowOf({ name, solved, checks }: Entry): Row {
  const confirmed = solved.filter(({ level }) => checks[level] === 'checked');
  return {
    name,
    checked: confirmed.length,
    claimed: solved.length,
    attempts: confirmed.reduce((sum, { attempts }) => sum + attempts, 0),
  };
}

/** Most checked levels first; among equals fewer attempts first, then by name. */
export const ranked = (entries: readonly Entry[]): readonly Entry[] =>
  entries
    .map((entry) => ({ entry, row: rowOf(entry) }))
    .toSorted(
      ({ row: a }, { row: b }) =>
        b.checked - a.checked || a.attempts - b.attempts || a.name.localeCompare(b.name),
    )
    .map(({ entry }) => entry);

/** The scoreboard as a table, with the winning prompt and the check of each level. @param levels ids, in their order */
export function scoreboardCsv(entries: readonly Entry[], levels: readonly string[]): string {
  const head = [
    'name',
    'levels checked',
    'levels claimed',
    'attempts',
    ...levels.flatMap((level) => [`${level}: prompt`, `${level}: check`]),
  ];
  const rows = ranked(entries).map((entry) => {
    const { name, checked, claimed, attempts } = rowOf(entry);
    const cells = levels.flatMap((level) => {
      const solved = entry.solved.find((one) => one.level === level);
      return [solved?.prompt ?? '', solved ? (entry.checks[level] ?? 'waiting') : ''];
    });
    return [name, checked, claimed, attempts, ...cells];
  });
  return [head, ...rows].map(csvRow).join('');
}
