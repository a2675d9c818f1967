/** @file The behavior sets that the user brought: read a file, store it as a set, look sets up for plans, export, delete. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import type { BehaviorSet } from '../../data/behavior-set.ts';
import type { Reading } from '../../data/import/encoding.ts';
import { hashOfRows, importedSet } from '../../data/import/imported-set.ts';
import { readBehaviorFile, type FileChoices, type FileReport } from '../../data/import/read-file.ts';
import type { SetRow } from '../../data/import/set-row.ts';
import type { BehaviorSetCard } from '../plan/set-card.ts';
import type { SetImport, StoredSet } from '../records/stored-set.ts';
import type { NamedSet } from '../trials/sets.ts';
import type { SetDatabase } from './set-database.ts';

export interface SetStore {
  list(): Promise<readonly StoredSet[]>;
  /** What a file holds; nothing is stored. @throws as `readBehaviorFile` */
  read(file: Blob, name: string, choices: FileChoices, reading: Reading): Promise<FileReport>;
  /**
   * Store the behaviors of a file, unless a set with the same content is stored.
   * @throws as `readBehaviorFile`; LabError 'bad-input' where it gives no behavior, and of the storage
   */
  import(
    file: Blob,
    name: string,
    options: { readonly title: string; readonly choices: FileChoices },
    reading: Reading,
  ): Promise<SetImport>;
  /**
   * Those of `named` that are stored, under the names that they are called by: a set is found by its content where the
   * plan says that, else by its id.
   */
  find(named: readonly NamedSet[]): Promise<readonly BehaviorSet[]>;
  rename(id: string, title: string): Promise<void>;
  /** As JSON Lines, which `import` reads back to the same content. @throws LabError 'bad-input' for an unknown id */
  exported(id: string): Promise<Blob>;
  remove(id: string): Promise<void>;
}

const mostTitleCharacters = 100;
const mostSlugCharacters = 40;

/** @param taken ids that no imported set may have */
export function createSetStore(database: SetDatabase, now: () => Date, taken: readonly string[]): SetStore {
  /** Of the set that was looked up last: a conversation about one of its behaviors looks it up for every answer. */
  let kept: { readonly sha256: string; readonly rows: readonly SetRow[] } | null = null;
  const rowsOf = async ({ id, sha256 }: StoredSet): Promise<readonly SetRow[]> => {
    if (kept?.sha256 === sha256) return kept.rows;
    const rows = await database.rows(id);
    kept = { sha256, rows };
    return rows;
  };
  const store = async (
    rows: readonly SetRow[],
    report: FileReport,
    { file, title }: { readonly file: string; readonly title: string },
  ): Promise<SetImport> => {
    const sha256 = hashOfRows(rows);
    const sets = await database.list();
    const same = sets.find((set) => set.sha256 === sha256);
    if (same) return { set: same, wasStored: true, report };
    const set: StoredSet = {
      id: freeId(title, [...taken, ...sets.map(({ id }) => id)]),
      title: title.slice(0, mostTitleCharacters),
      file,
      shape: report.shape,
      importedAt: now().toISOString(),
      sha256,
      counts: report.counts,
      filled: report.filled,
      leftOut: report.problemCount,
    };
    await database.put(set, rows);
    return { set, wasStored: false, report };
  };

  return {
    list: () => database.list(),
    read: (file, name, choices, reading) => readBehaviorFile(file, name, choices, () => {}, reading),
    async import(file, name, { title, choices }, reading) {
      const rows: SetRow[] = [];
      const report = await readBehaviorFile(file, name, choices, (row) => rows.push(row), reading);
      checkRows(rows, report);
      return store(rows, report, { file: name, title: title.trim() || titleOf(name) });
    },
    async find(named) {
      if (named.length === 0) return [];
      const sets = await database.list();
      const found = new Map<string, BehaviorSet>();
      for (const { set: id, sha256 } of named) {
        const stored =
          sets.find((set) => sha256 !== undefined && set.sha256 === sha256) ??
          sets.find((set) => set.id === id);
        if (stored && !found.has(id))
          found.set(id, importedSet(id, stored.title, await rowsOf(stored), stored.sha256));
      }
      return [...found.values()];
    },
    async rename(id, title) {
      const plain = title.trim().slice(0, mostTitleCharacters);
      if (plain === '')
        throw new LabError('bad-input', 'A set needs a name.', { advice: 'Type at least one letter.' });
      await database.rename(id, plain);
    },
    async exported(id) {
      const rows = await database.rows(id);
      if (rows.length === 0)
        throw new LabError('bad-input', `No behavior set "${excerpt(id)}" is stored here.`, {
          advice: 'Import its file.',
        });
      return new Blob(
        rows.map((row) => `${JSON.stringify(row)}\n`),
        { type: 'application/jsonl' },
      );
    },
    remove: (id) => database.remove(id),
  };
}

/** @throws LabError 'bad-input' where a file gives no behavior, with the first reason */
export function checkRows(rows: readonly SetRow[], { mapping, columns, problems }: FileReport): void {
  if (rows.length > 0) return;
  if (mapping.columns.prompt === undefined)
    throw new LabError('bad-input', 'No column of the file is known to hold the prompts.', {
      advice: `Say which of its columns does: ${columns
        .slice(0, 20)
        .map((name) => excerpt(name, 40))
        .join(', ')}.`,
    });
  const [first] = problems;
  const reason = first ? ` Line ${first.line}: ${first.message}` : '';
  throw new LabError('bad-input', `The file gives no behavior.${reason}`, {
    advice: 'Check its columns and its encoding.',
  });
}

/** The name of a file without its ending. */
export const titleOf = (file: string): string => file.replace(/\.\w+$/, '') || 'Imported';

/** An id that is not taken, in letters that addresses and files hold. */
export function freeId(title: string, taken: readonly string[]): string {
  const slug =
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, mostSlugCharacters) || 'set';
  for (let i = 1; ; i++) {
    const id = i === 1 ? slug : `${slug}-${i}`;
    if (!taken.includes(id)) return id;
  }
}

export const setCard = ({ id, title, file, counts, filled, sha256 }: StoredSet): BehaviorSetCard => ({
  id,
  title,
  summary: `Imported from ${file}.`,
  counts,
  brings: filled,
  sha256,
});
