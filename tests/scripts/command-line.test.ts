/** @file What the command line prints and exits with where it needs no browser. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labHere } from './printed.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-words-'));
});
afterAll(() => rm(folder, { recursive: true }));

const lab = (words: readonly string[]) => labHere(...words);

test.each(['attacks', 'defenses', 'evaluators', 'models', 'sets'])('lists %s as JSON', async (what) => {
  const { code, out } = await lab(['list', what, '--json']);
  expect(code).toBe(0);
  const cards = JSON.parse(out) as { id: string; title: string }[];
  expect(cards.length).toBeGreaterThan(0);
  for (const { id, title } of cards) expect(id && title).not.toBe('');
});

describe('bad input exits with 2 and a reason', () => {
  test.each([
    ['an unknown list', ['list', 'nothing'], 'attacks, defenses'],
    ['a missing option', ['run', 'plan.json'], '--out'],
    ['a missing plan', ['run', 'missing.json', '--out', 'x'], 'missing.json'],
    [
      'an unknown attack',
      ['attack', 'nope', '--model', 'tinytown-chat', '--behavior', 'x'],
      'direct-request',
    ],
    ['an unknown behavior', ['attack', 'gcg', '--model', 'tinytown-chat', '--behavior', 'x'], 'For example'],
    ['an unknown model', ['chat', '--model', 'nope', '--message', 'x'], 'nope'],
    [
      'an unknown defense',
      ['chat', '--model', 'tinytown-chat', '--message', 'x', '--defense', 'no'],
      'self-reminder',
    ],
    [
      'a bad option',
      ['attack', 'gcg', '--model', 'tinytown-chat', '--behavior', 'x', '--option', 'steps'],
      'key=value',
    ],
  ])('%s', async (_, args, reason) => {
    const { code, out, err } = await lab(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(reason);
  });

  test.each([
    ['a command', ['x'.repeat(50_000)]],
    ['a list', ['list', 'x'.repeat(50_000)]],
    ['a number', ['mutate', 'best-of-n', '--set', 'tinytown', '--seed', '9'.repeat(50_000)]],
  ])('%s that is very long, in a short message', async (_, args) => {
    const { code, err } = await lab(args);
    expect(code).toBe(2);
    expect(err.length).toBeLessThan(2500);
  });

  test('a plan that is not JSON, with its line', async () => {
    const path = join(folder, 'broken.json');
    await writeFile(path, '{\n"version": 1,\n"name": }');
    const { code, err } = await lab(['run', path, '--out', join(folder, 'none')]);
    expect(code).toBe(2);
    expect(err).toContain('line 3');
  });

  test('a plan that names an unknown attack, with its path', async () => {
    const path = join(folder, 'unknown.json');
    const plan = {
      ...{ version: 1, name: 'small', models: { targets: ['tinytown-chat'] } },
      ...{ behaviors: [{ set: 'tinytown' }], evaluators: [{ id: 'tinytown-oracle' }] },
      attacks: [{ id: 'no-such-attack' }],
    };
    await writeFile(path, JSON.stringify(plan));
    const { code, err } = await lab(['run', path, '--out', join(folder, 'none')]);
    expect(code).toBe(2);
    expect(err).toContain('attacks.0');
  });
});
