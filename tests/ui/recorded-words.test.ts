import { afterEach, expect, test, vi } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { channels } from '../../src/lab/seal/page-channels.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

async function words(language: string) {
  vi.resetModules();
  vi.stubGlobal('document', {});
  vi.stubGlobal('localStorage', { getItem: () => language });
  vi.stubGlobal('navigator', { languages: [language] });
  const seal = await import('../../src/ui/ledger/seal-words.ts');
  const methods = await import('../../src/ui/state/method-words.ts');
  const verdicts = await import('../../src/ui/state/verdict-words.ts');
  const { connectionText } = await import('../../src/ui/frame/connection-text.ts');
  return { ...seal, ...methods, ...verdicts, connectionText };
}

function evaluatorSources(): readonly string[] {
  const folder = fileURLToPath(new URL('../../src/evaluators', import.meta.url));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(folder, path), 'utf8'));
}

/** Names of the platform, which are the same in every language. */
const platformNames =
  /^(fetch|XMLHttpRequest|beacon|event source|web \w+|link .*|\w+ (src|data|poster)|speculation rules|background fetch|WebRTC)/;
const reasons = [
  'app files',
  'from this device',
  'endpoint',
  'set as mirror of the hub',
  'no longer mirror of the hub',
  'refused: another host',
  'refused: the airlock is closed',
  'refused: policy connect-src',
  'refused: window by script',
  'refused: navigation by script',
  'model example/one',
  'file list of example/one',
  'configuration of example/one, redirected',
];

test('what the lab records in English reads as recorded on an English page', async () => {
  const { wayWords, reasonWords, refusedByWords, actionWords } = await words('en');
  for (const { title } of channels) expect(wayWords(title)).toBe(title);
  for (const reason of reasons) expect(reasonWords(reason)).toBe(reason);
  for (const recorded of [refusedByWords, actionWords])
    for (const [name, shown] of Object.entries(recorded)) expect(shown).toBe(name);
});

test('every outcome, way out, reason and role has a German word', async () => {
  const german = await words('de');
  const english = await words('en');
  const same = (shown: object, beside: object) =>
    Object.keys(shown).filter((name) => shown[name as never] === beside[name as never]);
  expect(same(german.refusedByWords, english.refusedByWords)).toEqual([]);
  expect(same(german.actionWords, english.actionWords)).toEqual([]);
  expect(same(german.roleTitles, english.roleTitles)).toEqual([]);
  const ways = channels.map(({ title }) => title).filter((title) => !platformNames.test(title));
  expect(ways.filter((title) => german.wayWords(title) === title)).toEqual([]);
  expect(reasons.filter((reason) => german.reasonWords(reason) === reason)).toEqual([]);
  expect(german.connectionText({ origins: [] })).toMatch(/^Nicht versiegelt/);
});

/** Words that evaluators give as the label of a score, as their code states them. */
const labelsInCode = evaluatorSources().flatMap((source) =>
  [...source.matchAll(/label: ([^\n]*)|names: \{([^}]*)\}|unscored\(('[^']+')/g)].flatMap((found) =>
    [...(found[1] ?? found[2] ?? found[3] ?? '').matchAll(/(?<![=!]== ?|\.)'([a-z][a-z -]+)'/g)].map(
      ([, word]) => word!,
    ),
  ),
);

test('every label of an evaluator has a German word', async () => {
  expect(labelsInCode).toEqual(expect.arrayContaining(['refused', 'empty talk', 'potentially harmful']));
  const german = await words('de');
  const english = await words('en');
  expect(labelsInCode.filter((label) => german.labelWords(label) === label)).toEqual([]);
  expect(labelsInCode.filter((label) => english.labelWords(label) !== label.replace('-', ' '))).toEqual([
    'off-label',
  ]);
  expect(
    Object.keys(german.measureWords).filter(
      (name) => german.measureWords[name as 'harm'] === english.measureWords[name as 'harm'],
    ),
  ).toEqual([]);
  expect(german.finishWords.blocked).toBe('eine Abwehr hat stattdessen geantwortet');
});

test('a way or reason that no release knows is shown as it was recorded', async () => {
  const { reasonWords, wayWords } = await words('de');
  expect([reasonWords('a later reason'), wayWords('a later way')]).toEqual(['a later reason', 'a later way']);
});
