import { expect, test } from 'vitest';
import type { Outcome } from '../../../src/core/errors.ts';
import type { FileChoices, FileReport } from '../../../src/lab/records/stored-set.ts';
import { SetImport } from '../../../src/ui/behaviors/set-import.svelte.ts';

const report = (harmful: number): FileReport => ({
  encoding: 'utf-8',
  format: 'csv',
  shape: null,
  note: null,
  columns: ['a'],
  firstRows: [],
  mapping: { columns: { prompt: 'a' }, kind: 'harmful', kinds: {} },
  kindValues: [],
  counts: { harmful, 'benign-lookalike': 0, benign: 0 },
  filled: { target: 0, context: 0, secret: 0 },
  problems: [],
  problemCount: 0,
});
const file = new File(['a\nWake the giant\n'], 'deeds.csv');
const done = <T>(value: T): Outcome<T> => ({ status: 'done', value });

function importer(reads: readonly Outcome<FileReport>[]) {
  const asked: FileChoices[] = [];
  const titles: string[] = [];
  let [at, stored] = [0, 0];
  const set = { id: 'deeds', title: 'Deeds' };
  const state = new SetImport(
    {
      readSet: async (_, choices) => (asked.push(choices), reads[at++]!),
      importSet: async (_, { title }) => {
        titles.push(title);
        return done({ set, wasStored: false, report: report(1) } as never);
      },
    },
    async () => void stored++,
  );
  return { state, asked, titles, stored: () => stored };
}

test('a file is read, told otherwise, and stored under its name', async () => {
  const { state, asked, titles, stored } = importer([done(report(0)), done(report(2))]);
  await state.open(file);
  expect([state.title, state.total]).toEqual(['deeds', 0]);
  await state.store();
  expect(titles).toEqual([]);
  await state.choose({ columns: { prompt: 'a' } });
  expect([asked.at(-1), state.total]).toEqual([{ columns: { prompt: 'a' } }, 2]);
  await state.store();
  expect([titles, stored(), state.file, state.done?.set.id]).toEqual([['deeds'], 1, null, 'deeds']);
});

test('a file that cannot be read leaves its reason, and a later choice takes it away', async () => {
  const failed = { status: 'failed', code: 'bad-input', message: 'No text.', advice: '' } as const;
  const { state } = importer([failed, done(report(1))]);
  await state.open(file);
  expect([state.failure?.message, state.report]).toEqual(['No text.', null]);
  await state.choose({ encoding: 'windows-1252' });
  expect([state.failure, state.total]).toEqual([null, 1]);
});

test('of two readings the later one counts', async () => {
  const { state } = importer([done(report(1)), done(report(2))]);
  await Promise.all([state.open(file), state.choose({ kind: 'benign' })]);
  expect([state.total, state.working]).toEqual([2, null]);
});

test('putting the file away drops what comes after', async () => {
  const { state } = importer([done(report(1))]);
  const reading = state.open(file);
  state.close();
  await reading;
  expect([state.report, state.working, state.file]).toEqual([null, null, null]);
});
