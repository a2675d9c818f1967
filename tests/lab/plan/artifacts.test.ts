import { expect, test } from 'vitest';
import { defenses } from '../../../src/defenses/index.ts';
import {
  checkArtifact,
  artifactFile,
  artifactInFile,
  withArtifact,
  type RunArtifact,
} from '../../../src/lab/plan/artifacts.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { resolvePlan } from '../../../src/lab/trials/resolve.ts';

const one = (model: string, defense: string, threshold: number, options = {}): RunArtifact => ({
  model,
  defense,
  options,
  artifact: { threshold },
});
const savedAt = '2026-01-02T03:04:05.000Z';
const file = (...learned: readonly RunArtifact[]): unknown =>
  JSON.parse(JSON.stringify(artifactFile(learned, savedAt)));

test('a file gives back what a defense learned, first about the same model, then by the same options', () => {
  const content = file(
    one('a', 'gradient-cuff', 1),
    one('b', 'gradient-cuff', 2),
    one('b', 'gradient-cuff', 3, { samples: 4, radius: 1 }),
    one('b', 'steering', 4),
  );
  const threshold = (model: string, options = {}) =>
    artifactInFile(content, 'gradient-cuff', { model, options }).artifact['threshold'];
  expect(threshold('a', { samples: 4 })).toBe(1);
  expect(threshold('b')).toBe(2);
  expect(threshold('b', { radius: 1, samples: 4 })).toBe(3);
  expect(threshold('c', { radius: 1, samples: 4 })).toBe(3);
  expect(threshold('c')).toBe(1);
  expect(artifactInFile(content, 'steering', { model: 'b', options: {} })).toEqual({
    savedAt,
    ...one('b', 'steering', 4),
  });
});

test('a file of something else, a damaged one and one of other defenses are refused in words', () => {
  const read = (content: unknown) => () => artifactInFile(content, 'dro', { model: 'a', options: {} });
  for (const content of [
    null,
    [],
    { version: 1 },
    { version: 2, savedAt, artifacts: [one('a', 'dro', 1)] },
    file(),
  ])
    expect(read(content)).toThrow(/does not hold what defenses learned/);
  expect(read(file(one('a', 'steering', 1), one('b', 'steering', 1)))).toThrow(/only by: steering\.$/);
});

test('what was learned again replaces what was learned before', () => {
  const known = [one('a', 'dro', 1), one('a', 'dro', 2, { epochs: 3 })];
  expect(withArtifact(known, one('a', 'dro', 5))).toEqual([known[1], one('a', 'dro', 5)]);
});

test('every defense that learns says what shape that has, and refuses another', () => {
  for (const { id, prepare, artifactSchema } of defenses.all) {
    expect([id, artifactSchema !== undefined]).toEqual([id, prepare !== undefined]);
    expect(() => checkArtifact(defenses, id, { strange: 1 })).toThrow(prepare ? /damaged/ : /learns nothing/);
  }
  expect(() => checkArtifact(defenses, 'gradient-cuff', { threshold: 1 })).not.toThrow();
  expect(() => checkArtifact(defenses, 'gradient-cuff', { threshold: 'x' })).toThrow(/damaged: threshold: /);
});

test('a plan with a damaged artifact is refused before anything is loaded', () => {
  const plan = parsePlan({
    version: 1,
    name: 'Damaged',
    models: { targets: ['tinytown-chat'] },
    behaviors: [{ set: 'tinytown', limit: 1 }],
    attacks: [{ id: 'direct-request' }],
    defenses: [{ stack: [{ id: 'self-reminder' }, { id: 'gradient-cuff', artifact: { threshold: -1 } }] }],
    evaluators: [{ id: 'prefix-match' }],
  });
  expect(() => resolvePlan(plan, registries)).toThrow(/^defenses\.0\.stack\.1: .*damaged/);
});

test('a file of release 0.1, which names its artifacts otherwise, still opens', () => {
  const { artifacts, ...rest } = artifactFile([one('a', 'dro', 1)], savedAt);
  const entry = artifactInFile({ ...rest, learned: artifacts }, 'dro', { model: 'a', options: {} });
  expect(entry).toEqual({ savedAt, ...one('a', 'dro', 1) });
});
