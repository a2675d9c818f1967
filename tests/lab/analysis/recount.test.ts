/** Every figure of a summary and its report follows from trials.jsonl: an independent count finds the same, and none besides. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { itemsNeeded, pairedDifference, type Pairs } from '../../../src/core/paired.ts';
import { adjustedChecks, type Adjusted } from '../../../src/lab/analysis/pairs.ts';
import { rateTable } from '../../../src/lab/analysis/rate-table.ts';
import { summarize } from '../../../src/lab/analysis/summarize.ts';
import { targetsJudgedBy } from '../../../src/lab/analysis/targets.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { trialLine } from '../../../src/lab/records/export.ts';
import type { RunSummary } from '../../../src/lab/records/summary.ts';
import { device } from '../run/harness.ts';
import { Between } from './recount/numbers.ts';
import { recount } from './recount/recount.ts';
import { claimed } from './recount/tables.ts';
import { plan, success, toyRun } from './toy-run.ts';

type Figure = number | boolean | null | Between;

/** Figures that no trial tells, and where they come from. */
const elsewhere = {
  seed: 'the plan',
  'device.threads': 'the device',
  preparation: 'what defenses took to learn, before any trial: copied from the artifacts of the run',
};
const isElsewhere = (place: string) => Object.keys(elsewhere).some((from) => place.split('[')[0] === from);

/** What the entries of lists are about. */
const names =
  'model beside attack baseline defense detector evaluator evaluators measure with mode name k spent'.split(
    ' ',
  );

/** A static attack goes without its mode in some lists. */
const titleOf = (entry: unknown) =>
  names
    .flatMap((name) => (Object.hasOwn(Object(entry), name) ? [(entry as Record<string, unknown>)[name]] : []))
    .filter((name) => name !== 'static')
    .join(', ');

/** Every figure by its place. */
function figures(value: unknown, place = ''): readonly (readonly [place: string, figure: Figure])[] {
  if (typeof value === 'string' || value === undefined) return [];
  if (value === null || typeof value !== 'object' || value instanceof Between)
    return [[place, value as Figure]];
  return Array.isArray(value)
    ? value.flatMap((item, i) => figures(item, `${place}[${titleOf(item) || i}]`))
    : Object.entries(value).flatMap(([key, item]) => figures(item, place === '' ? key : `${place}.${key}`));
}

/** What the tables of a report add to a summary. */
const tablesOf = (summary: RunSummary) =>
  plan.models.targets.flatMap((model) =>
    success.map((evaluator) => {
      const { columns, checks } = rateTable(parsePlan(plan), summary, model, evaluator);
      const withDifference = <C extends Pairs & Adjusted>(check: C) => ({
        ...check,
        difference: check.paired > 0 ? pairedDifference(check) : null,
        needed: itemsNeeded(check, check.together),
      });
      return {
        ...{ model, evaluator, checks: checks.map(withDifference) },
        columns: columns.map(({ defense, queries, tokens, elapsedMs }) => ({
          defense,
          queries,
          tokens,
          elapsedMs,
        })),
        sideBySide: targetsJudgedBy(summary.targets ?? [], evaluator).map(withDifference),
      };
    }),
  );

const isSame = (figure: Figure | undefined, expected: Figure | undefined) =>
  typeof figure !== 'number'
    ? figure === expected
    : expected instanceof Between
      ? figure >= expected.least && figure <= expected.most
      : typeof expected === 'number' && Math.abs(figure - expected) <= 1e-9 * Math.max(1, Math.abs(expected));

describe('an independent count of the trials', () => {
  let found: ReadonlyMap<string, Figure>;
  let expected: ReadonlyMap<string, Figure>;
  let summary: RunSummary;
  beforeAll(async () => {
    const { records, artifacts, cards } = await toyRun();
    summary = summarize(parsePlan(plan), device, cards, records.map(digestOf), null, artifacts);
    found = new Map(figures({ ...summary, tables: tablesOf(summary) }));
    const jsonl = records.map((record) => trialLine(record)).join('\n');
    const toBeat = { 'best-of-n': 'resampling', jailbroken: 'resampling' };
    expected = new Map(figures(recount(jsonl, { cards, wantedRate: plan.falsePositives, toBeat })));
  }, 120_000);

  test('finds every figure of the summary and of the tables of its report, and no other', () => {
    const places = [...new Set([...found.keys(), ...expected.keys()])].filter((place) => !isElsewhere(place));
    const wrong = places.filter((place) => !isSame(found.get(place), expected.get(place)));
    expect(wrong.map((place) => [place, found.get(place), expected.get(place)])).toEqual([]);
  });

  test('adjusts as many p together as there are', () => {
    const checks = [0.001, 0.2, null, 0.03, 0.001, 0.011].map((p) => ({
      p,
      paired: 9,
      onlyFirst: 1,
      onlySecond: 0,
    }));
    const own = claimed(checks).map(({ adjusted }) => adjusted);
    expect(adjustedChecks(checks).map(({ adjusted }) => adjusted)).toEqual(own);
    expect(own.map((p) => p?.toFixed(3))).toEqual(['0.005', '0.200', undefined, '0.060', '0.005', '0.033']);
  });

  test('takes nothing of the lab but types, in files of a hundred lines', async () => {
    const folder = path.join(import.meta.dirname, 'recount');
    for (const file of await readdir(folder)) {
      const text = await readFile(path.join(folder, file), 'utf8');
      expect(text.match(/^import (?!type\b)[^;]*src\/.*/gm), file).toBeNull();
      expect(text.split('\n').length, file).toBeLessThanOrEqual(101);
    }
  });

  test('has something to find in every list', () => {
    const lists = 'cells attackedUtility claims baselines comparisons targets evaluators agreement detectors';
    for (const list of [
      ...lists.split(' '),
      'budgets',
      'samples',
      'speed',
      'overhead',
      ...Object.keys(elsewhere),
    ])
      expect(
        [...found.keys()].filter((place) => place.split('[')[0] === list),
        list,
      ).not.toEqual([]);
    const values = (pattern: RegExp) =>
      new Set(
        [...found].flatMap(([place, figure]) => (pattern.test(place) && figure !== null ? [figure] : [])),
      );
    for (const rare of [/corrected\.interval/, /kappa\.interval/, /alpha\.interval/, /duplicates/, /hollow/])
      expect(values(rare).size, String(rare)).toBeGreaterThan(1);
  });
});
