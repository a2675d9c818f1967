/** @file The tables and the picture of a run say what its summary says, in every notation. */
import { expect, test } from 'vitest';
import { rateTable } from '../../../src/lab/analysis/rate-table.ts';
import { matrixSvg } from '../../../src/lab/analysis/tables/matrix-svg.ts';
import { shareText, summaryTables } from '../../../src/lab/analysis/tables/summary-tables.ts';
import { csvTables, latexTables, markdownTables } from '../../../src/lab/analysis/tables/write-tables.ts';
import { outlineOf } from '../../../src/lab/plan/outline.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { plan, runAll } from '../run/harness.ts';

const { summary } = await runAll();
const outline = outlineOf(parsePlan(plan));
const nameOf = (id: string) => (id === 'none' ? 'No defense' : id);
const tables = summaryTables(outline, summary, ['prefix-match'], nameOf);

test('a table has a row per attack, over-refusal and utility, and a column per defense', () => {
  const [table] = tables;
  expect(table!.head).toEqual(['', 'No defense', 'self-reminder', 'safe-decoding']);
  expect(table!.rows.map(([name]) => name)).toEqual(['direct-request', 'walk', 'Over-refusal', 'Utility']);
  const cell = summary.cells.find(
    (one) => one.attack === 'walk' && one.defense === 'self-reminder' && one.evaluator === 'prefix-match',
  )!;
  expect(table!.rows[1]![2]).toBe(shareText(cell));
  expect(shareText({ n: 30, scored: 28, rate: 0.5, interval: [0.33, 0.67] })).toBe('50% (33–67%), n = 28/30');
  expect(shareText({ n: 3, scored: 0, rate: null, interval: null })).toBe('?, n = 0/3');
});

const odd = [{ title: 'a|b & 5%', head: ['', '=SUM(A1)'], rows: [['x_1', '-3,"q"\n{~}']] }];

test('text that means something in a notation is written as text', () => {
  expect(markdownTables(odd)).toBe(
    '### a\\|b & 5%\n\n|  | =SUM(A1) |\n| --- | ---: |\n| x_1 | -3,"q" {~} |\n',
  );
  expect(latexTables(odd)).toContain('\\caption{a|b \\& 5\\%}');
  expect(latexTables(odd)).toContain('x\\_1 & -3,"q" \\{\\textasciitilde{}\\} \\\\');
  expect(csvTables(odd)).toBe('\uFEFFa|b & 5%\r\n,\'=SUM(A1)\r\nx_1,"\'-3,""q""\n{~}"\r\n');
});

test('the picture is well-formed, and names and rates are in it as text', () => {
  const { svg, width, height } = matrixSvg(
    rateTable(outline, summary, 'toy', 'prefix-match'),
    'A <run> & "more"',
    nameOf,
  );
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).toContain('A &lt;run&gt; &amp; &quot;more&quot;');
  const opened = svg.match(/<(rect|text|svg)\b/g)!.length;
  const closed = svg.match(/<\/(text|svg)>|\/>/g)!.length;
  expect(opened).toBe(closed);
  for (const row of ['walk', 'direct-request', 'No defense']) expect(svg).toContain(`>${row}<`);
  expect(width).toBeGreaterThan(height);
});
