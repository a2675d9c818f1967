import { describe, expect, test } from 'vitest';
import { mcNemar, rateOf } from '../../../src/core/statistics.ts';
import { adjustedChecks } from '../../../src/lab/analysis/pairs.ts';
import { summarize } from '../../../src/lab/analysis/summarize.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import type { Cell, OverRefusal, PairedCheck } from '../../../src/lab/records/summary.ts';
import { conclusions } from '../../../src/lab/analysis/conclusions.ts';
import { matrixTable, plannedCounts, type MatrixTable } from '../../../src/ui/matrix/matrix-table.ts';
import { catalogue, device, trialsOf } from '../fake-lab.ts';
import { plan } from '../plan.ts';

const tableOf = (records: ReturnType<typeof trialsOf>) =>
  matrixTable({
    plan,
    summary: summarize(plan, device, catalogue.evaluators, records.map(digestOf)),
    harmful: 4,
    model: 'tinytown-chat',
    evaluator: 'tinytown-oracle',
  });

describe('the table', () => {
  test('has every attack and every stack of the plan before anything has run', () => {
    const { rows, columns } = tableOf([]);
    expect(columns.map(({ defense }) => defense)).toEqual(['none', 'self-reminder', 'both']);
    expect(rows.map(({ attack }) => attack)).toEqual(['direct-request', 'assistant-prefix']);
    for (const cell of rows.flatMap(({ cells }) => cells))
      expect(cell).toMatchObject({ cell: null, finished: 0, expected: 4 });
  });

  test('counts finished trials of harmful behaviors only', () => {
    const { rows } = tableOf(trialsOf(plan).slice(0, 9));
    // The first seven are plain requests: four forbidden, three look-alikes.
    expect(rows[0]!.cells[0]).toMatchObject({ finished: 4 });
    expect(rows[1]!.cells[0]).toMatchObject({ finished: 2 });
    expect(rows[0]!.cells[1]).toMatchObject({ finished: 0, cell: null });
  });

  test('takes the rates of the evaluator that was asked for', () => {
    const { rows, columns } = tableOf(trialsOf(plan));
    const evaluators = rows.flatMap(({ cells }) => cells.map(({ cell }) => cell?.evaluator));
    expect(new Set(evaluators)).toEqual(new Set(['tinytown-oracle']));
    expect(columns.map(({ overRefusal }) => overRefusal?.n)).toEqual([3, 3, 3]);
  });
});

test('planned counts respect kinds, limits and what the set holds', () => {
  const counts = { harmful: 3, 'benign-lookalike': 50 };
  const sets = [{ id: 'tinytown', title: '', summary: '', counts, brings: {} }];
  expect(plannedCounts(plan, sets)).toEqual({ harmful: 3, 'benign-lookalike': 3, benign: 0 });
  expect(plannedCounts(plan, [])).toEqual({ harmful: 0, 'benign-lookalike': 0, benign: 0 });
});

describe('findings', () => {
  const rate = (successes: number, n: number) => rateOf(Array.from({ length: n }, (_, i) => i < successes));
  const cell = (attack: string, defense: string, successes: number, n = 20) => ({
    attack,
    defense,
    cell: {
      ...rate(successes, n),
      model: 'm',
      attack,
      defense,
      evaluator: 'e',
      queries: 1,
      sequences: 0,
      gradients: 0,
      tokens: 1,
      elapsedMs: 1,
    } satisfies Cell,
    modes: [],
    finished: n,
    expected: n,
  });
  const refused = (defense: string, count: number): OverRefusal => {
    const { successes, ...rest } = rate(count, 40);
    return { ...rest, refused: successes, model: 'm', defense };
  };
  /** As if whatever succeeds in the lower of the two did so in the higher. */
  const pair = (check: Partial<PairedCheck>, first: number, second: number, paired = 20): PairedCheck => {
    const [onlyFirst, onlySecond] = [Math.max(0, first - second), Math.max(0, second - first)];
    const cell = { model: 'm', evaluator: 'e', measure: 'success', attack: 'direct-request' } as const;
    const counts = { paired, onlyFirst, onlySecond, p: mcNemar(onlyFirst, onlySecond) };
    return { ...cell, defense: 'none', with: 'none', ...check, ...counts };
  };
  const table = (
    open: readonly [number, number],
    defended: readonly [number, number],
    overRefusal: readonly [number, number] = [1, 1],
  ): MatrixTable => ({
    checks: adjustedChecks([
      pair({ attack: 'prefix', with: 'direct-request' }, open[1], open[0]),
      ...['direct-request', 'prefix'].map((attack, i) =>
        pair({ attack, defense: 'shield' }, defended[i]!, open[i]!),
      ),
      pair({ measure: 'over-refusal', defense: 'shield' }, overRefusal[1], overRefusal[0], 40),
    ]),
    columns: ['none', 'shield'].map((defense, i) => ({
      defense,
      overRefusal: refused(defense, overRefusal[i]!),
      utility: null,
      speed: null,
      overhead: null,
      queries: 0,
      tokens: 0,
      elapsedMs: 0,
      warnings: [],
    })),
    rows: ['direct-request', 'prefix'].map((attack, i) => ({
      attack,
      cells: [cell(attack, 'none', open[i]!), cell(attack, 'shield', defended[i]!)],
    })),
  });
  const sentencesOf = (shown: MatrixTable) => conclusions(shown, (id) => id.toUpperCase());

  test('name the attack that beats asking plainly, with both rates', () => {
    expect(sentencesOf(table([1, 17], [1, 16]))[0]).toBe(
      'Undefended, PREFIX succeeds in 85% (64–95%) of attempts; asking plainly in 5% (1–24%).',
    );
  });
  test('name attacks together that are equally strong', () => {
    const { checks, columns, rows } = table([1, 17], [1, 16]);
    const like = checks.map((check) => ({ ...check, attack: 'twin' }));
    const twin = { attack: 'twin', cells: [cell('twin', 'none', 17), cell('twin', 'shield', 16)] };
    expect(sentencesOf({ checks: [...checks, ...like], columns, rows: [...rows, twin] })[0]).toMatch(
      /^Undefended, PREFIX and TWIN succeed in 85% /,
    );
  });
  test('claim nothing that the paired test does not tell', () => {
    // 5 of 20 behaviors flip one way: p = 2 / 2⁵.
    expect(sentencesOf(table([4, 9], [3, 8]))).toEqual([
      'So far no difference is significant: all comparisons of the table are tested together.',
    ]);
  });
  test('claim what it tells though the intervals overlap, unless there is too much beside it', () => {
    // 18 and 12 of 20, all flips one way: p = 2 / 2⁶; Wilson 70–97% and 39–78%.
    const one = pair({ attack: 'prefix', defense: 'shield' }, 12, 18);
    const shown = table([18, 18], [18, 12]);
    expect(sentencesOf({ ...shown, checks: adjustedChecks([one]) })).toEqual([
      'SHIELD clearly lowers PREFIX.',
    ]);
    expect(sentencesOf(shown)).toEqual([
      'So far no difference is significant: all comparisons of the table are tested together.',
    ]);
  });
  test('name a defense that lowers an attack, and the harmless requests it refuses', () => {
    const sentences = sentencesOf(table([1, 18], [0, 1], [1, 20]));
    expect(sentences).toContain('SHIELD clearly lowers PREFIX.');
    expect(sentences.at(-1)).toMatch(/^SHIELD has a price: it refuses 50% /);
  });
  test('warn of a defense that makes an attack work better', () => {
    expect(sentencesOf(table([0, 1], [18, 1]))).toContain('Beware: SHIELD raises DIRECT-REQUEST.');
  });
  test('say nothing before the first trial', () => {
    const { columns, rows } = table([0, 0], [0, 0]);
    const checks: MatrixTable['checks'] = [];
    const empty = rows.map((row) => ({ ...row, cells: row.cells.map((one) => ({ ...one, cell: null })) }));
    expect(
      sentencesOf({
        checks,
        columns: columns.map((column) => ({ ...column, overRefusal: null })),
        rows: empty,
      }),
    ).toEqual([]);
  });
});
