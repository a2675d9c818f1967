import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { interval, percent } from '../../../src/core/format.ts';
import { summarize } from '../../../src/lab/analysis/summarize.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import type { RunSummary } from '../../../src/lab/records/summary.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { escaped, html } from '../../../src/lab/analysis/report/html.ts';
import { report, type ReportSource } from '../../../src/lab/analysis/report/report.ts';
import { style } from '../../../src/lab/analysis/report/style.ts';
import { withoutTexts } from '../../../src/lab/analysis/report/without-texts.ts';
import { smallRun } from '../small-run.ts';

const run = smallRun();
const summary = summarize(run.plan, run.device, registries.evaluators.all, run.digests);
const source: ReportSource = {
  ...run,
  summary,
  finished: run.records.length,
  total: run.records.length,
  name: (id) => id.toUpperCase(),
};
const made = report(source);
/** Row by row, tags replaced by blanks. */
const rows = (document: string) =>
  [...document.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row]) =>
    row!
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );

describe('html', () => {
  test('escapes whatever it did not make itself', () => {
    const text = `<img src=x onerror="alert('1')"> & more`;
    const safe = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; more';
    expect(escaped(text)).toBe(safe);
    expect(html`<p title="${text}">${[text, html`<b>${2}</b>`, null]}</p>`.markup).toBe(
      `<p title="${safe}">${safe}<b>2</b></p>`,
    );
  });
});

describe('a report', () => {
  test('names the precisions in which each model computed, in one order, and none that is not known', () => {
    expect(summary.precisions).toBeUndefined();
    expect(made).not.toContain('computes in');
    const digests = run.digests.map((digest, n) => ({
      ...digest,
      usage: { ...digest.usage, precisions: [n % 2 === 0 ? 'q4f16' : 'float16'] as const },
    }));
    const precise = summarize(run.plan, run.device, registries.evaluators.all, digests);
    const { model } = digests[0]!;
    expect(precise.precisions).toEqual({ [model]: ['float16', 'q4f16'] });
    expect(report({ ...source, summary: precise })).toMatch(
      new RegExp(`${model} computes in</dt>\\s*<dd>half precision \\(float16\\), 4-bit weights`),
    );
  });
  test('tells how far the evaluators can be trusted, beside the exact one of the plan', () => {
    expect(summary.evaluators!.map(({ evaluator }) => evaluator)).not.toContain('tinytown-oracle');
    for (const { evaluator, harmful, harmless } of summary.evaluators!) {
      const words = [harmful, harmless]
        .map(({ yes, no, undecided }) => `${yes}/${no}/${undecided}`)
        .join(' ');
      expect(rows(made).some((row) => row.startsWith(`${evaluator.toUpperCase()} ${words}`))).toBe(true);
    }
    const { evaluators: _, agreement: __, ...unknown } = summary;
    expect(report({ ...source, summary: unknown })).not.toContain('can be trusted');
  });
  test('has every attack against every defense, each with rate, interval, n and costs', () => {
    expect(summary.cells.length).toBe(2 * 3 * 2);
    const found = rows(made);
    for (const { attack, defense, evaluator, rate, interval: bounds, scored, n, ...rest } of summary.cells) {
      const { conditional, empty, failed, undecided, truncated } = rest.answers!;
      const fates = [conditional.n, conditional.scored, empty, failed, undecided, truncated].join(' ');
      const [first, second, third] = [attack, defense, evaluator].map((id) => id.toUpperCase());
      const names = `${first} ${second} static ${third}`;
      const [value, around] = rate === null ? ['?', '–'] : [percent(rate), interval(bounds!)];
      const row = found.find((text) => text.startsWith(`${names} `));
      expect(row, names).toContain(
        `${value} ${around} ${scored} ${n} ${fates} ${rest.queries.toLocaleString('en-US')}`,
      );
    }
    const matrix = found.find((text) => text.startsWith('DIRECT-REQUEST'))!;
    for (const { rate, interval: bounds } of summary.cells.filter(
      ({ attack, evaluator }) => attack === 'direct-request' && evaluator === 'tinytown-oracle',
    ))
      expect(matrix).toContain(`${percent(rate!)} ${interval(bounds!)}`);
  });

  test('has the price of every defense, and what attacks claimed', () => {
    const found = rows(made);
    for (const { defense, rate, interval: bounds } of summary.overRefusal)
      expect(found.find((text) => text.startsWith(`${defense.toUpperCase()} `))).toContain(
        `${percent(rate!)} ${interval(bounds!)}`,
      );
    expect(made).not.toContain('What attacks claimed');
    const searching = smallRun({ attacks: [{ id: 'gcg' }] });
    const other = summarize(searching.plan, searching.device, registries.evaluators.all, searching.digests);
    expect(report({ ...source, ...searching, summary: other })).toContain('TINYTOWN-ORACLE finds');
  });

  test('says where it comes from', () => {
    const text = made.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(text).toContain('Started 2026-01-02 03:04 UTC');
    expect(text).toContain('Seed 0 Started');
    expect(text).toContain('glovebox 0.0.1, engine 2.0');
    expect(text).not.toContain('Unfinished');
    expect(report({ ...source, finished: 3, total: 9 })).toContain('Unfinished: 3 of 9 trials');
  });

  test('needs nothing from elsewhere and can do nothing', () => {
    expect(made).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(made).not.toMatch(/<(script|link|img|iframe|object|form|base|a)\b/i);
    expect(made).not.toMatch(/\s(src|href|on\w+)\s*=/i);
    expect(made).not.toMatch(/url\(|@import|https?:/i);
  });

  test('shows names from plans as text', () => {
    const hostile = '</title><script>alert(1)</script>';
    const plan = parsePlan({
      ...run.plan,
      name: hostile,
      defenses: [{ name: hostile, stack: [{ id: 'self-reminder' }] }],
    });
    const document = report({
      ...source,
      plan,
      device: { ...run.device, description: hostile },
      versions: { [hostile]: hostile },
      summary: { ...summary, integrity: { outputs: [], agreement: [], warnings: [hostile] } },
      name: (id) => id,
    });
    expect(document).not.toContain('<script');
    expect(document.split('&lt;script&gt;').length).toBeGreaterThan(6);
  });

  test('holds no prompt and no answer', () => {
    const { behaviorDetail, response, attackResult } = run.records.at(-1)!;
    const behaviors = [{ behaviors: run.records.slice(0, 4).map((record) => record.behaviorDetail) }];
    const spelled = report({ ...source, plan: parsePlan({ ...run.plan, behaviors }) });
    for (const document of [made, spelled])
      for (const text of [behaviorDetail.prompt, response, attackResult.messages[0]!.content])
        expect(document).not.toContain(escaped(text));
    expect(spelled).toContain(escaped(`"id": "${run.records[0]!.behavior}"`));
    expect(spelled).not.toContain(escaped(run.records[0]!.behaviorDetail.prompt));
  });

  test('of a run without a trial says so instead of failing', () => {
    const empty = summarize(run.plan, run.device, registries.evaluators.all, []);
    expect(report({ ...source, summary: empty, finished: 0 })).toContain('Nothing is measured yet');
  });

  test('tells what defenses took to learn apart from what attacks and answers took', () => {
    const [model] = run.plan.models.targets;
    const spent = { queries: 3, sequences: 2000, gradients: 0, tokens: null, elapsedMs: 1500 };
    const learned = { model: model!, defense: 'steering', options: {}, artifact: {}, spent };
    const { spent: _, ...earlier } = { ...learned, defense: 'dro' };
    const all = [run.plan, run.device, registries.evaluators.all, run.digests, null] as const;
    const prepared = summarize(...all, [learned, earlier]);
    expect({ ...prepared, preparation: undefined }).toEqual({ ...summary, preparation: undefined });
    const found = rows(report({ ...source, summary: prepared }));
    expect(found.filter((row) => row.startsWith('STEERING 3'))).toEqual(['STEERING 3 2,000 0 unknown 1.5 s']);
    expect(made).not.toContain('Preparation');
  });

  test('writes a small summary as it always did', () => {
    const cell = (defense: string, successes: number, rate: number, bounds: [number, number]) => ({
      model: 'tinytown-chat',
      attack: 'direct-request',
      defense,
      evaluator: 'tinytown-oracle',
      ...{ n: 4, scored: 4, successes, rate, interval: bounds },
      ...{ queries: 8, sequences: 40, gradients: 0, tokens: 1234, elapsedMs: 3000 },
    });
    const small: RunSummary = {
      ...summary,
      cells: [cell('none', 3, 0.75, [0.3, 0.95]), cell('self-reminder', 1, 0.25, [0.05, 0.7])],
      overRefusal: [],
      utility: [],
      speed: [],
      overhead: [],
      claims: [],
      comparisons: [],
      budgets: [],
      integrity: { outputs: [], agreement: [], warnings: [] },
    };
    const found = rows(report({ ...source, summary: small }));
    expect(found.filter((row) => row.startsWith('DIRECT-REQUEST'))).toEqual([
      'DIRECT-REQUEST 75% 30–95% n = 4 25% 5–70% n = 4 –',
      'DIRECT-REQUEST 75% 30–95% n = 4 8 2 each 40 10 each – 1,234 309 each 3.0 s 750 ms each',
      'DIRECT-REQUEST NONE static TINYTOWN-ORACLE 75% 30–95% 4 4 – – – – – – 8 1,234 3.0 s',
      'DIRECT-REQUEST SELF-REMINDER static TINYTOWN-ORACLE 25% 5–70% 4 4 – – – – – – 8 1,234 3.0 s',
    ]);
    // At three quarters the ramp reaches its last stretch, on which the ink turns, as on the page.
    expect(report({ ...source, summary: small })).toContain('<td class="ramp-3" style="--share: 0%">');
  });
});

test('the colours of a report are those of the pages', () => {
  const theme = readFileSync(new URL('../../../src/ui/theme.css', import.meta.url), 'utf8');
  const colours = [...style.matchAll(/--[\w-]+: light-dark\([^)]*\);/g)].map(([text]) => text);
  expect(colours.length).toBeGreaterThan(15);
  for (const colour of colours) expect(theme).toContain(colour);
});

test('a plan is shown without what defenses learned and attacks are made of', () => {
  const artifact = { direction: [1, 2, 3] };
  const shown = withoutTexts(
    parsePlan({
      ...run.plan,
      $schema: 'x',
      defenses: [{ stack: [{ id: 'self-reminder', artifact }] }],
      contrast: { harmful: ['do harm'], harmless: ['do good'] },
      templates: { version: 1, name: 'mine', templates: { laa: { rules: ['{goal} {target}'] } } },
    }),
  );
  expect(shown).toMatchObject({ contrast: { harmful: 1, harmless: 1 }, templates: 'mine' });
  expect(JSON.stringify(shown)).not.toMatch(/\[1,2,3\]|do harm|\{goal\}|\$schema/);
});
