import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { attacks } from '../src/attacks/index.ts';
import { stageTitles, type MethodCard } from '../src/core/method.ts';
import { defenses } from '../src/defenses/index.ts';
import { evaluators } from '../src/evaluators/index.ts';
import { catalogueOf, registries as everything } from '../src/lab/trials/registries.ts';
import { checkMethod } from './method-contract.ts';

/**
 * Ids by file name: every file of a folder but its contract, its index, what several methods share (`parts/`) and what
 * one method keeps for itself (`gcg/` beside `gcg.ts`).
 */
function filesOf(folder: string, contracts: readonly string[]): string[] {
  const paths = readdirSync(new URL(`../src/${folder}`, import.meta.url), { recursive: true })
    .map((path) => String(path).replaceAll(sep, '/'))
    .filter((path) => path.endsWith('.ts') && !path.split('/').includes('parts'));
  return paths
    .filter((path) => !paths.includes(`${dirname(path)}.ts`))
    .map((path) => basename(path, '.ts'))
    .filter((name) => name !== 'index' && !contracts.includes(name));
}

const registries = [
  { folder: 'attacks', contracts: ['attack'], all: attacks.all },
  { folder: 'defenses', contracts: ['defense', 'stack'], all: defenses.all },
  { folder: 'evaluators', contracts: ['evaluator'], all: evaluators.all },
] satisfies readonly { folder: string; contracts: string[]; all: readonly MethodCard[] }[];

describe.each(registries)('$folder', ({ folder, contracts, all }) => {
  test('every file is registered under its own name', () => {
    expect(all.map(({ id }) => id).sort()).toEqual(filesOf(folder, contracts).sort());
  });
  test('the registry is alphabetical', () => {
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted());
  });

  describe.each(all.map((method) => [method.id, method] as const))('%s', checkMethod);
});

test('departures from a paper stand in the cards alone, where pages and the command line find them', () => {
  const sources = ['attacks', 'defenses', 'evaluators'].flatMap((folder) =>
    readdirSync(new URL(`../src/${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => `${folder}/${path}`),
  );
  const elsewhere = sources.filter((path) =>
    /\* Differs from|Differs from the paper/.test(
      readFileSync(new URL(`../src/${path}`, import.meta.url), 'utf8'),
    ),
  );
  expect(elsewhere).toEqual([]);
});

test('the catalogue hands the departures on', () => {
  const { attacks: cards } = catalogueOf(everything);
  expect(cards.find(({ id }) => id === 'gcg')?.differs).toBe(attacks.get('gcg').differs);
  expect(cards.find(({ id }) => id === 'direct-request')).not.toHaveProperty('differs');
});

test('every defense has a stage and the labels of the taxonomy', () => {
  for (const { stage, taxonomy } of defenses.all) {
    expect(Object.keys(stageTitles)).toContain(stage);
    expect(taxonomy).toContain('Guardrails & Filtering');
  }
});

test('the fourteen defenses of AISafetyLab act at its stages, and are labeled by what they touch', () => {
  const at = (stage: string, ids: readonly string[]) => ids.map((id) => [id, stage] as const);
  for (const [id, stage] of [
    ...at('input', [
      'perplexity-filter',
      'self-reminder',
      'prompt-guard',
      'goal-priority',
      'paraphrase',
      'icd',
    ]),
    ...at('decoding', ['smooth-llm', 'safe-decoding', 'dro', 'erase-and-check', 'ra-llm']),
    ...at('output', ['self-evaluation', 'parden', 'aligner']),
  ])
    expect(defenses.get(id).stage, id).toBe(stage);
  for (const { id, access, stage, taxonomy } of defenses.all) {
    const within = stage === 'decoding' && access !== 'black-box';
    expect(taxonomy, id).toEqual([
      within ? 'Model' : 'Non-Model',
      'Guardrails & Filtering',
      'Build and Use Model',
      'Developer',
      'Manage',
    ]);
  }
});

test('every evaluator says "yes" from a value that a score can have', () => {
  for (const { yesFrom } of evaluators.all) {
    expect(yesFrom).toBeGreaterThan(0);
    expect(yesFrom).toBeLessThanOrEqual(1);
  }
});

test('an unknown id is refused with the known ones', () => {
  expect(() => attacks.get('no-such-attack')).toThrow(
    expect.objectContaining({ code: 'unknown-method', advice: expect.stringContaining('gcg') }),
  );
});
