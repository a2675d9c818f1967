import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRunFolder, openRun } from '../../scripts/cli/open-run.ts';
import { pathsIn, readRun } from '../../scripts/cli/run-folder.ts';
import { trialLine } from '../../src/lab/records/export.ts';
import { versions } from '../../src/lab/records/versions.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { smallRun } from '../lab/small-run.ts';
import { writeRun } from './written-run.ts';

const run = { ...smallRun(), versions };
const lines = run.records.map((record) => trialLine(record));
const { device } = run;
let folder: string;
let whole: string;
let folders = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-open-'));
  whole = join(folder, 'whole');
  writeRun(whole, run);
});
afterAll(() => rm(folder, { recursive: true }));

/** A copy of the folder of a whole run. */
function copy(): string {
  const out = join(folder, `run-${folders++}`);
  cpSync(whole, out, { recursive: true });
  return out;
}
/** Every file of a folder with its content. */
const contents = (out: string) =>
  existsSync(out)
    ? Object.fromEntries(readdirSync(out).map((name) => [name, readFileSync(join(out, name), 'utf8')]))
    : null;
const edit = (path: string, change: (text: string) => string) =>
  writeFileSync(path, change(readFileSync(path, 'utf8')));

const check = (out: string, changes: { readonly resume?: true; readonly seed?: number } = { resume: true }) =>
  checkRunFolder(expandPlan({ ...run.plan, seed: changes.seed ?? 0 }, registries), {
    out,
    device: 'wasm',
    ...(changes.resume && { resume: true }),
  });
const resume = (out: string) => openRun(check(out), device);

describe('a folder is checked before anything in it changes', () => {
  const manyTrials = (path: string, change: (line: string) => string) =>
    edit(path, (text) => {
      const all = text.split('\n');
      return all.with(2, change(all[2]!)).join('\n');
    });
  test.each<[name: string, damage: (paths: ReturnType<typeof pathsIn>) => void, reason: string | RegExp]>([
    [
      'a trial of another format',
      ({ trials }) => manyTrials(trials, (line) => line.replace('"version":1', '"version":2')),
      /trials\.jsonl, line 3: .*newer release/,
    ],
    [
      'a behavior that became harmless',
      ({ trials }) => manyTrials(trials, (line) => line.replace('"kind":"harmful"', '"kind":"benign"')),
      /trials\.jsonl, line 3: behaviorDetail\.kind: it is "benign", and in the plan "harmful"/,
    ],
    [
      'an edited prompt',
      ({ trials }) => manyTrials(trials, (line) => line.replace('"prompt":"', '"prompt":"Please. ')),
      /trials\.jsonl, line 3: behaviorDetail\.prompt/,
    ],
    [
      'a trial of another seed',
      ({ trials }) => manyTrials(trials, (line) => line.replace('"seed":"0/', '"seed":"1/')),
      /trials\.jsonl, line 3: The plan has no such trial/,
    ],
    ['a null trial', ({ trials }) => manyTrials(trials, () => 'null'), /trials\.jsonl, line 3: /],
    [
      'another version of an engine',
      ({ run }) =>
        edit(run, (text) => text.replace(/"onnxruntime-web": "[^"]*"/, '"onnxruntime-web": "1.0.0"')),
      /run\.json was made with onnxruntime-web 1\.0\.0 \(here .*\)[^]*Continue it with Glovebox/,
    ],
    [
      'another device',
      ({ run }) => edit(run, (text) => text.replace('"wasm"', '"webgpu"')),
      'two devices cannot be mixed',
    ],
    [
      'a newer run.json',
      ({ run }) => edit(run, (text) => text.replace('"version": 1', '"version": 9')),
      'format 9',
    ],
    ['damaged artifacts', ({ artifacts }) => writeFileSync(artifacts, '{"version":2}'), 'artifacts.json: '],
  ])('%s is refused', (_, damage, reason) => {
    const out = copy();
    damage(pathsIn(out));
    const before = contents(out);
    expect(() => resume(out)).toThrow(reason);
    expect(contents(out)).toEqual(before);
  });
  test('a run of another seed is refused, and so is a second run in the same folder', () => {
    const out = copy();
    const before = contents(out);
    expect(() => check(out, { resume: true, seed: 1 })).toThrow('belongs to another plan, seed or shard');
    expect(() => check(out, {})).toThrow('already holds a run');
    expect(contents(out)).toEqual(before);
  });
  test('a place that is no folder is refused', () => {
    expect(() => check('', {})).toThrow('has no name');
    expect(() => check(pathsIn(whole).run, {})).toThrow('is a file');
  });
});

describe('a run goes on', () => {
  test('after its whole trials, to the bytes of one that was not cut off', () => {
    const out = copy();
    const { trials } = pathsIn(out);
    edit(trials, (text) => {
      const all = text.split('\n');
      return [...all.slice(5, 9), ...all.slice(0, 3), all[10]!.slice(0, 50)].join('\n');
    });
    const checked = check(out);
    expect(checked.notes).toEqual([
      expect.stringMatching(/^Cutting off an incomplete line of 50 bytes at the end of .*trials\.jsonl\.$/),
      'Continuing after 7 finished trials.',
    ]);
    const open = openRun(checked, device);
    expect([...open.places].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 5, 6, 7, 8]);
    expect(open.trial(6)).toBe(lines[6]);
    expect(open.trial(3)).toBeNull();
    open.append(lines.slice(9).toReversed());
    open.append(lines.slice(3, 5));
    expect(open.trial(3)).toBe(lines[3]);
    open.finish();
    open.close();
    expect(contents(out)).toEqual(contents(whole));
  });
  test('keeps fields of newer releases, and the time of the first start', () => {
    const out = copy();
    const paths = pathsIn(out);
    edit(paths.run, (text) => text.replace('"startedAt"', '"mood": "calm",\n  "startedAt"'));
    edit(paths.trials, (text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.replace('"times":{', '"mood":"calm","times":{"queueMs":1,'))
        .toReversed()
        .join('\n'),
    );
    const before = contents(out)!;
    const open = resume(out);
    open.finish();
    open.close();
    const after = contents(out)!;
    expect(after['run.json']).toBe(before['run.json']);
    expect(after['trials.jsonl']).toBe(`${before['trials.jsonl']!.split('\n').toReversed().join('\n')}\n`);
    expect(readRun(out).startedAt).toBe(run.startedAt);
  });
  test('with the artifacts that it has', () => {
    const out = copy();
    const learned = (defense: string) => ({ model: 'm', defense, options: {}, artifact: { threshold: 1 } });
    const first = resume(out);
    first.addArtifact(learned('one'));
    first.close();
    const second = resume(out);
    second.addArtifact(learned('two'));
    second.close();
    const { artifacts } = JSON.parse(readFileSync(pathsIn(out).artifacts, 'utf8')) as {
      artifacts: unknown[];
    };
    expect(artifacts).toEqual([learned('one'), learned('two')]);
  });
});

describe('a run.json that is', () => {
  test.each<[name: string, damage: (path: string) => void]>([
    ['torn', (path) => truncateSync(path, 90)],
    ['empty', (path) => truncateSync(path, 0)],
    ['null', (path) => writeFileSync(path, 'null\n')],
    ['missing', (path) => rmSync(path)],
  ])('%s is named, and made again from the plan', (_, damage) => {
    const out = copy();
    damage(pathsIn(out).run);
    expect(() => readRun(out)).toThrow(/run\.json[^]*"run PLAN --out .* --resume" makes run\.json again/);
    const checked = check(out);
    expect(checked.notes.join(' ')).toMatch(/run\.json.*It is made again from the plan/s);
    const open = openRun(checked, device);
    open.finish();
    open.close();
    const { plan, startedAt, digests } = readRun(out);
    expect(plan).toEqual(run.plan);
    expect(digests).toEqual(run.digests);
    expect(startedAt).toBe(run.records[0]!.times.startedAt);
  });
  test('torn stays as it is when a trial does not belong to the plan', () => {
    const out = copy();
    truncateSync(pathsIn(out).run, 90);
    const before = contents(out);
    expect(() => check(out, { resume: true, seed: 1 })).toThrow(/line 1: The plan has no such trial/);
    expect(contents(out)).toEqual(before);
  });
});
