import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { attacks } from '../src/attacks/index.ts';
import { stageTitles, type MethodCard } from '../src/core/method.ts';
import { defenses } from '../src/defenses/index.ts';
import { evaluators } from '../src/evaluators/index.ts';
import { catalogueOf, registries as everything } from '../src/lab/trials/registries.ts';
import { checkMethod } from './method-contract.ts';

/** Paths of the sources of a layer. */
const sourcesOf = (folder: string) =>
  readdirSync(new URL(`../src/${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({
      path: `${folder}/${path}`,
      text: readFileSync(new URL(`../src/${folder}/${path}`, import.meta.url), 'utf8'),
    }));

/** Names of the files that define a method; the others hold what methods share or consist of. */
const methodFiles = (folder: string) =>
  sourcesOf(folder)
    .filter(({ text }) => /= define(Attack|Defense|Evaluator)\(/.test(text))
    .map(({ path }) => basename(path, '.ts'));

const registries = [
  { folder: 'attacks', all: attacks.all },
  { folder: 'defenses', all: defenses.all },
  { folder: 'evaluators', all: evaluators.all },
] as const satisfies readonly { folder: string; all: readonly MethodCard[] }[];

/** What `list --json` and the page show: the method without its functions. */
const catalogue = catalogueOf(everything);

describe.each(registries)('$folder', ({ folder, all }) => {
  test('every method is registered under the name of its file', () => {
    expect(all.map(({ id }) => id).sort()).toEqual(methodFiles(folder).sort());
  });
  test('the registry is alphabetical', () => {
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted());
  });

  describe.each(all.map((method) => [method.id, method] as const))('%s', (id, method) => {
    checkMethod(
      id,
      method,
      catalogue[folder].find((card) => card.id === id),
    );
  });
});

test('departures from a paper stand in the cards alone, where pages and the command line find them', () => {
  const elsewhere = ['attacks', 'defenses', 'evaluators']
    .flatMap(sourcesOf)
    .filter(({ text }) => /\* Differs from|Differs from the paper/.test(text));
  expect(elsewhere.map(({ path }) => path)).toEqual([]);
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
