/** @file `--behaviors`: a file of behaviors that a plan runs on, as a set that the plan carries along. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { BehaviorKind } from '../../src/core/behavior.ts';
import { behaviorKinds } from '../../src/core/behavior.ts';
import { excerpt } from '../../src/core/excerpt.ts';
import { count, list, plural } from '../../src/core/format.ts';
import type { Encoding } from '../../src/data/import/encoding.ts';
import { hashOfRows } from '../../src/data/import/imported-set.ts';
import { readBehaviorFile, type FileReport } from '../../src/data/import/read-file.ts';
import type { SetRow } from '../../src/data/import/set-row.ts';
import { fields, type Field } from '../../src/data/import/shapes.ts';
import { mostFileBytes } from '../../src/data/import/table.ts';
import { parsePlan, type Plan } from '../../src/lab/plan/plan.ts';
import { carriedCards, gradingObstacle } from '../../src/lab/plan/set-card.ts';
import { checkRows, freeId, titleOf } from '../../src/lab/sets/set-store.ts';
import { catalogueOf, registries } from '../../src/lab/trials/registries.ts';
import { namedSets } from '../../src/lab/trials/sets.ts';
import { badUsage } from './failure.ts';
import { readPair } from './method-words.ts';

export interface BehaviorChoices {
  readonly behaviors?: string;
  readonly kind?: BehaviorKind;
  /** `field=name`. */
  readonly column?: readonly string[];
  readonly encoding?: Encoding;
}

/** Characters of JSON that fit into one message to the browser, which has the plan in it. */
const mostCharacters = 2 ** 24;

/**
 * The plan with the behaviors of the file: as the set that it names, where that has their content, or is not known here
 * and has the name of the file; else in place of its own.
 * @throws CommandError or LabError that describes the problem
 */
export async function withBehaviors(
  plan: Plan,
  { behaviors: path, kind, column = [], encoding }: BehaviorChoices,
): Promise<Plan> {
  if (path === undefined) {
    if (kind === undefined && column.length === 0 && encoding === undefined) return plan;
    throw badUsage('--kind, --column and --encoding are about a file.', 'Name it: --behaviors file.csv.');
  }
  const rows: SetRow[] = [];
  const name = basename(path);
  const columns = readColumns(column);
  const report = await readBehaviorFile(blobOf(path), name, { kind, columns, encoding }, (row) =>
    rows.push(row),
  );
  for (const line of reportLines(name, report)) console.error(line);
  checkRows(rows, report);
  if (JSON.stringify(rows).length > mostCharacters)
    throw badUsage(
      `The behaviors of ${excerpt(name)} are too many for one run: ${plural(rows.length, 'behavior')}.`,
      'Split the file, or leave its longest texts out.',
    );
  return carrying(plan, titleOf(name), rows);
}

function carrying(plan: Plan, title: string, rows: readonly SetRow[]): Plan {
  const sha256 = hashOfRows(rows);
  const { sets = [] } = plan;
  const named = namedSets(plan);
  const shipped = registries.sets.all.map(({ id }) => id);
  const own = freeId(title, [...shipped, ...sets.map(({ id }) => id)]);
  const meant =
    named.find((source) => source.sha256 === sha256) ??
    named.find((source) => source.sha256 === undefined && source.set === own);
  const id = meant?.set ?? own;
  const fresh = parsePlan({
    ...plan,
    ...(!meant && { behaviors: [{ set: id, sha256 }] }),
    sets: [...sets.filter((set) => set.id !== id), { id, title, behaviors: rows }],
  });
  if (!meant) console.error(`They stand in place of the plan's own behaviors, as the set "${id}".`);
  const catalogue = catalogueOf(registries);
  for (const { id: evaluator } of plan.evaluators) {
    const card = catalogue.evaluators.find((entry) => entry.id === evaluator);
    const why = card && gradingObstacle(card, fresh.behaviors, [...catalogue.sets, ...carriedCards(fresh)]);
    if (why) console.error(`warning: "${evaluator}" can grade nothing here. ${why}`);
  }
  return fresh;
}

/** A file that the user names. @param what it holds, for messages. @throws CommandError 2 when it cannot be read */
export function blobOf(path: string, what = 'file of behaviors'): Blob {
  try {
    const { size } = statSync(path);
    if (size <= mostFileBytes) return new Blob([new Uint8Array(readFileSync(path))]);
  } catch (error) {
    const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw badUsage(`There is no ${what} "${excerpt(path)}".`);
    throw badUsage(`The ${what} "${excerpt(path)}" cannot be read (${code}).`);
  }
  throw badUsage(`${excerpt(path)} is larger than ${mostFileBytes / 2 ** 20} MiB.`, 'Split it.');
}

function readColumns(texts: readonly string[]): Partial<Record<Field, string>> {
  const pairs = texts.map(readPair);
  const stray = pairs.find(([field]) => !(fields as readonly string[]).includes(field));
  if (stray)
    throw badUsage(
      `"${excerpt(stray[0])}" is nothing that a column can hold.`,
      `Write --column field=name, with a field of: ${fields.join(', ')}.`,
    );
  return Object.fromEntries(pairs);
}

/** Problems that are listed. */
const mostListed = 5;

/** What was read, and the first of the rows that were left out. */
export function reportLines(name: string, report: FileReport): readonly string[] {
  const { shape, note, encoding, counts } = report;
  const held = behaviorKinds.flatMap((kind) => (counts[kind] > 0 ? [`${count(counts[kind])} ${kind}`] : []));
  return [
    `${excerpt(name)}: ${list(held) || 'no behaviors'}${shape === null ? '' : `, columns of ${shape}`}, ${encoding}.`,
    ...(note === null ? [] : [note]),
    ...leftOutLines(report),
  ];
}

/** The first of the rows that were left out of a file, each with its line and the reason. */
export function leftOutLines({
  problems,
  problemCount,
}: Pick<FileReport, 'problems' | 'problemCount'>): readonly string[] {
  if (problemCount === 0) return [];
  const listed = problems
    .slice(0, mostListed)
    .map(
      ({ line, column, message }) =>
        `  line ${line}${column === null ? '' : `, column ${excerpt(column, 40)}`}: ${message}`,
    );
  return [
    `${plural(problemCount, 'row')} left out:`,
    ...listed,
    ...(problemCount > listed.length ? [`  and ${count(problemCount - listed.length)} more`] : []),
  ];
}
