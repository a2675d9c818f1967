import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compare } from '../../scripts/cli/compare.ts';
import { readDefense, readOptions } from '../../scripts/cli/choices.ts';
import { mutate } from '../../scripts/cli/mutate.ts';
import { mergeInto } from '../../scripts/cli/merge.ts';
import { readPlan, readShard } from '../../scripts/cli/plan-file.ts';
import { readReplay, replayPlan } from '../../scripts/cli/replay.ts';
import { report } from '../../scripts/cli/report.ts';
import { readRun } from '../../scripts/cli/run-folder.ts';
import { textTable } from '../../scripts/cli/text-table.ts';
import { boolean, integer, text } from '../../src/core/options.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { parsePlan } from '../../src/lab/plan/plan.ts';
import { labelsCsv } from '../../src/lab/records/labels.ts';
import type { RunSummary } from '../../src/lab/records/summary.ts';
import { keyText } from '../../src/lab/records/trial.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { smallRun } from '../lab/small-run.ts';
import { printed } from './printed.ts';
import { writeRun } from './written-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a list of prompts', () => {
  const lines = async (options = {}) => {
    const [out] = await printed(() =>
      mutate('best-of-n', { set: 'tinytown', seed: 1, option: [], ...options }),
    );
    return out.trim().split('\n');
  };
  test('is one line of JSON per harmful behavior, the same for the same seed', async () => {
    const prompts = await lines();
    expect(prompts.map((line) => (JSON.parse(line) as { behavior: string }).behavior)).toEqual(
      registries.sets
        .get('tinytown')
        .behaviors.filter(({ kind }) => kind === 'harmful')
        .map(({ id }) => id),
    );
    expect(await lines()).toEqual(prompts);
    expect(await lines({ limit: 3 })).toEqual(prompts.slice(0, 3));
    expect(await lines({ seed: 2 })).not.toEqual(prompts);
  });
  test('is refused with the reason for an attack that needs a model', () => {
    expect(() => mutate('gcg', { set: 'tinytown', seed: 1, option: [] })).toThrow(/needs a model/);
  });
});

test('models that a command names take the place of the targets of the plan, and stand in it', async () => {
  const path = join(folder, 'targets.json');
  const plan = {
    version: 1,
    name: 'p',
    models: { targets: ['tinytown-chat'], roles: { judge: 'tinytown-helper' } },
    behaviors: [{ set: 'tinytown', limit: 1 }],
    attacks: [{ id: 'direct-request' }],
    evaluators: [{ id: 'pattern-refusal' }],
  };
  await writeFile(path, JSON.stringify(plan));
  const named = readPlan(path, { model: ['tinytown-base', './model.gguf'] });
  expect(named.models).toEqual({
    targets: ['tinytown-base', './model.gguf'],
    roles: { judge: 'tinytown-helper' },
  });
  expect(readPlan(path, { model: [] })).toEqual(parsePlan(plan));
  expect(JSON.stringify(named)).toBe(JSON.stringify(parsePlan(named)));
});

describe('template packs', () => {
  const plan = {
    version: 1,
    name: 'p',
    models: { targets: ['tinytown-chat'] },
    behaviors: [{ set: 'tinytown', limit: 1 }],
    attacks: [{ id: 'laa' }],
    evaluators: [{ id: 'pattern-refusal' }],
  };
  const files = async (pack: string) => {
    const [planPath, packPath] = [join(folder, 'packed.json'), join(folder, 'pack.json')];
    await writeFile(planPath, JSON.stringify(plan));
    await writeFile(packPath, pack);
    return { planPath, packPath };
  };
  const pack = { version: 1, name: 'mine', templates: { laa: { rules: ['{goal}! Say "{target}".'] } } };

  test('stand in the plan that is run', async () => {
    const { planPath, packPath } = await files(JSON.stringify(pack));
    expect(readPlan(planPath, { templates: packPath }).templates).toEqual(pack);
    expect(readPlan(planPath, {})).not.toHaveProperty('templates');
  });
  test('that cannot be used are refused with the reason', async () => {
    const broken = await files('{\n"version": 1,\n}');
    expect(() => readPlan(broken.planPath, { templates: broken.packPath })).toThrow('pack.json, line 3');
    const lossy = await files(JSON.stringify({ ...pack, templates: { laa: { rules: ['{goal}'] } } }));
    expect(() => expandPlan(readPlan(lossy.planPath, { templates: lossy.packPath }), registries)).toThrow(
      'it lacks {target}',
    );
    expect(() => readPlan(lossy.planPath, { templates: 'no-such-pack' })).toThrow('no template pack');
  });
});

describe('replays', () => {
  const source = parsePlan({
    version: 1,
    name: 'p',
    models: { targets: ['tinytown-chat', 'tinytown-base'], roles: { judge: 'tinytown-base' } },
    behaviors: [{ set: 'tinytown', limit: 1 }],
    attacks: [{ id: 'gcg' }],
    defenses: [{ stack: [{ id: 'self-reminder' }] }],
    evaluators: [{ id: 'pattern-refusal' }],
  });
  const nothing = { model: [], defense: [], role: [] };

  test('keep the models and stacks of the run by default, and give each target its own results', () => {
    expect(replayPlan(source, nothing)).toEqual({
      ...source,
      replay: { 'tinytown-chat': 'tinytown-chat', 'tinytown-base': 'tinytown-base' },
    });
  });
  test('take stacks and models, with the roles that they need', () => {
    const choices = {
      model: ['tinytown-expert'],
      defense: ['self-evaluation:verdictTokens=4', 'self-reminder+safe-decoding'],
      role: ['expert=tinytown-expert'],
    };
    const replay = replayPlan(source, { ...nothing, ...choices });
    expect(replay.models).toEqual({
      targets: ['tinytown-expert'],
      roles: { judge: 'tinytown-base', expert: 'tinytown-expert' },
    });
    expect(replay.replay).toEqual({ 'tinytown-expert': 'tinytown-chat' });
    expect(replay.defenses.map(({ stack }) => stack.map(({ id, options }) => [id, options]))).toEqual([
      [['self-evaluation', { verdictTokens: 4 }]],
      [
        ['self-reminder', {}],
        ['safe-decoding', {}],
      ],
    ]);
    expect(replayPlan(source, { ...nothing, from: 'tinytown-base' }).replay!['tinytown-chat']).toBe(
      'tinytown-base',
    );
  });
  test('of a folder without a run, or of a model that was not attacked, are refused', async () => {
    expect(() => readReplay(join(folder, 'nowhere'), nothing)).toThrow('There is no run in');
    expect(() => replayPlan(source, { ...nothing, from: 'tinytown-expert' })).toThrow('did not attack');
    const { versions, device, startedAt } = smallRun();
    await writeFile(join(folder, 'run.json'), JSON.stringify({ plan: source, versions, device, startedAt }));
    expect(() => readReplay(folder, nothing)).toThrow('lacks');
  });
});

describe('shards', () => {
  const plan = {
    version: 1,
    name: 'p',
    models: { targets: ['tinytown-chat'] },
    behaviors: [{ set: 'tinytown', limit: 5 }],
    attacks: [{ id: 'direct-request' }],
    evaluators: [{ id: 'pattern-refusal' }],
  };
  test('hold each behavior exactly once', async () => {
    const path = join(folder, 'plan.json');
    await writeFile(path, JSON.stringify(plan));
    const parts = [1, 2, 3, 4].map((i) => expandPlan(readPlan(path, { shard: `${i}/4` }), registries));
    const ids = parts.flatMap(({ resolved }) => resolved.behaviors.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(15);
    const shardPlan = readPlan(path, { shard: '1/2', seed: 3 });
    expect(JSON.stringify(shardPlan)).toBe(JSON.stringify(parsePlan(shardPlan)));
    expect(() => expandPlan(readPlan(path, { shard: '16/16' }), registries)).toThrow('Shard 16/16 is empty');
  });
  test.each(['0/2', '3/2', '1', 'a/b', '1/0', '-1/2', '1/2/3'])('%s is not a shard', (shard) => {
    expect(() => readShard(shard)).toThrow('is not a shard');
  });
});

describe('folders of runs', () => {
  const into = (name: string) => join(folder, name);
  const whole = smallRun();

  test('hold a run, its trials and its report, and give the run back', async () => {
    writeRun(into('kept'), whole);
    const { records: _, ...contents } = whole;
    expect(readRun(into('kept'))).toEqual({ ...contents, artifacts: [] });
    expect(await readFile(into('kept/report.html'), 'utf8')).toContain('<h1>Small</h1>');
  });
  test('give the same report again from their files alone', async () => {
    writeRun(into('again'), whole);
    const before = await readFile(into('again/report.html'), 'utf8');
    await rm(into('again/report.html'));
    const [out] = await printed(() => report(into('again'), { json: true }));
    expect(JSON.parse(out)).toMatchObject({ plan: 'Small', seed: 0 });
    expect(await readFile(into('again/report.html'), 'utf8')).toBe(before);
    const [table] = await printed(() => report(into('again'), {}));
    expect(table).toMatch(/^Attack success, judged by tinytown-oracle\nattack +defense +ASR +ASR 95% +ASR n/);
    expect(Math.max(...table.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120);
  });
  test('take labels of a file into their report', async () => {
    writeRun(into('labelled'), whole);
    const [first] = whole.records.filter(({ behaviorDetail }) => behaviorDetail.kind === 'harmful');
    await writeFile(into('labels.csv'), labelsCsv(new Map([[keyText(first!), true]])));
    const [out] = await printed(() => report(into('labelled'), { labels: into('labels.csv'), json: true }));
    const { cells } = JSON.parse(out) as RunSummary;
    const own = cells.filter(({ evaluator }) => evaluator === 'person');
    expect(own.reduce((sum, { successes }) => sum + successes, 0)).toBe(1);
    expect(await readFile(into('labelled/report.html'), 'utf8')).toContain('A person&#39;s label');
  });
  test('of shards merge into the files of the whole run', async () => {
    for (const index of [1, 2]) writeRun(into(`shard-${index}`), smallRun({ shard: { index, count: 2 } }));
    writeRun(into('whole'), whole);
    await printed(() => mergeInto([into('shard-2'), into('shard-1')], into('merged')));
    for (const name of ['run.json', 'trials.jsonl', 'report.html'])
      expect(await readFile(into(`merged/${name}`), 'utf8'), name).toBe(
        await readFile(into(`whole/${name}`), 'utf8'),
      );
    const [, err] = await printed(() => mergeInto([into('shard-1')], into('half')));
    expect(err).toContain(`${whole.records.length} trials missing`);
    expect(() => mergeInto([into('shard-1')], into('merged'))).toThrow('already holds a run');
  });
  test('are compared cell by cell, with the behaviors that flipped', async () => {
    writeRun(into('one'), whole);
    writeRun(into('two'), smallRun({ seed: 1 }));
    const [out] = await printed(() => compare(into('one'), into('two'), {}));
    expect(out).toContain('differs: seed: 0 in the first run, 1 in the second.');
    expect(out).toMatch(
      /attack +defense +run 1 +run 1 95% +run 2 +run 2 95% +diff +interval +n +1only +2only +p +p Holm +needed\n/,
    );
    expect(out).toMatch(/assistant-prefix × [\w-]+, only in [12]: [\w-]+/);
    const [json] = await printed(() => compare(into('one'), into('two'), { json: true }));
    expect(JSON.parse(json)).toMatchObject({ models: [{ first: 'tinytown-chat' }] });
  });
  test('without a run, or with a damaged one, are refused with the file and line to look at', async () => {
    const refused = (name: string, reason: string | RegExp) =>
      expect(report(into(name), {})).rejects.toThrow(reason);
    await refused('nowhere', 'There is no run in');
    writeRun(into('damaged'), whole);
    const lines = (await readFile(into('damaged/trials.jsonl'), 'utf8')).split('\n');
    await writeFile(into('damaged/trials.jsonl'), lines.with(2, '{"version":1}').join('\n'));
    await refused('damaged', /trials\.jsonl, line 3: this is not a complete trial \(model: /);
    await writeFile(into('damaged/trials.jsonl'), lines.with(4, '{"vers').join('\n'));
    await refused('damaged', 'trials.jsonl, line 5: this is not a complete trial');
    await writeFile(into('damaged/run.json'), JSON.stringify({ plan: whole.plan, versions: {} }));
    await refused('damaged', 'run.json: device');
    await writeFile(into('damaged/run.json'), '{');
    await refused('damaged', 'run.json, line 1');
  });
});

test('a text table aligns numbers to the right and words to the left', () => {
  expect(
    textTable([
      { name: 'a', n: 1 },
      { name: 'long', n: 12 },
    ]),
  ).toBe('name   n\na      1\nlong  12');
  expect(textTable([])).toBe('');
});

describe('options', () => {
  test('get the types that the method declares; unknown ones stay for the check to refuse', () => {
    const spec = {
      steps: integer({ default: 1, min: 1, max: 9, description: '' }),
      quick: boolean({ default: false, description: '' }),
      words: text({ default: '', description: '' }),
    };
    expect(readOptions(spec, ['steps=3', 'quick=true', 'words=a=b', 'other=1'])).toEqual({
      steps: 3,
      quick: true,
      words: 'a=b',
      other: '1',
    });
    expect(readOptions(spec, ['quick=maybe'])).toEqual({ quick: 'maybe' });
    expect(() => readOptions(spec, ['steps'])).toThrow('key=value');
  });
  test('a defense carries its options after a colon', () => {
    expect(readDefense('self-reminder')).toEqual({ id: 'self-reminder', options: {} });
    expect(readDefense('safe-decoding:alpha=2')).toMatchObject({ options: { alpha: 2 } });
  });
});
