import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { carriedBuild, root, sealedBuild } from '../../scripts/build.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { startServer } from '../models/endpoint/server.ts';
import { labHere } from '../scripts/printed.ts';

const key = 'sk-lantern-0123456789';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-'));
});
afterAll(() => rm(folder, { recursive: true }));

function lab(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'scripts/lab.mjs'), ...args], {
    cwd: root,
    env: { ...process.env, GLOVEBOX_ENDPOINT_KEY: key },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data) => (said.out += data));
  child.stderr.on('data', (data) => (said.err += data));
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, ...said })),
  );
}

/** Scripts of a build that hold a text. */
async function holding(build: string, wanted: string): Promise<readonly string[]> {
  const names = (await readdir(build, { recursive: true })).filter((name) => name.endsWith('.js'));
  const texts = await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(build, name), 'utf8') })),
  );
  return texts.filter(({ text }) => text.includes(wanted)).map(({ name }) => name);
}
/** Scripts of a build that speak the protocol of endpoints. */
const speaking = (build: string) => holding(build, 'chat/completions');

test('the sealed build has no script that speaks to an endpoint; the connected one has one', async () => {
  expect(await speaking(sealedBuild.folder)).toEqual([]);
  expect(await speaking(carriedBuild.folder)).toEqual([expect.stringMatching(/^engines\/endpoint-.*\.js$/)]);
  // Nor does the sealed one have the form that names servers. The docs have the English name of its button.
  expect(await holding(sealedBuild.folder, 'Prüfen und verbinden')).toEqual([]);
  expect(await holding(carriedBuild.folder, 'Prüfen und verbinden')).toHaveLength(1);
  const policyIn = async (build: string) =>
    /http-equiv="Content-Security-Policy"[^>]*content="([^"]*)"/.exec(
      await readFile(join(build, 'index.html'), 'utf8'),
    )?.[1];
  expect(await policyIn(carriedBuild.folder)).toBe(await policyIn(sealedBuild.folder));
});

test('the command line runs 200 concurrent trials on a failing server, loses none, and keeps the key', async () => {
  const server = await startServer({ failing: 0.1, key });
  const plan = join(folder, 'plan.json');
  await writeFile(
    plan,
    JSON.stringify({
      version: 1,
      name: 'endpoint',
      models: { targets: ['endpoint:small'] },
      behaviors: [
        {
          behaviors: Array.from({ length: 200 }, (_, i) => ({
            ...{ id: `deed-${i}`, prompt: `Wake the stone giant number ${i}`, target: 'Sure' },
            ...{ category: 'toy', set: 'toys', kind: 'harmful' },
          })),
        },
      ],
      attacks: [{ id: 'direct-request' }],
      evaluators: [{ id: 'pattern-refusal' }],
      concurrency: 200,
    }),
  );
  const run = async (name: string) => {
    const out = join(folder, name);
    const given = ['--endpoint', server.address, '--endpoint-concurrency', '200', '--endpoint-timeout', '10'];
    const ended = await lab('run', plan, '--out', out, ...given, '--json');
    expect(ended.err + ended.out).not.toContain(key);
    expect(ended.code, ended.err).toBe(0);
    const texts = await Promise.all(
      (await readdir(out)).map(async (file) => [file, await readFile(join(out, file), 'utf8')] as const),
    );
    for (const [file, text] of texts) expect(text.includes(key), file).toBe(false);
    return new Map(texts)
      .get('trials.jsonl')!
      .trimEnd()
      .split('\n')
      .map((line) => {
        const { times: _, ...record } = JSON.parse(line) as TrialRecord;
        return record;
      });
  };
  try {
    const first = await run('first');
    expect(first).toHaveLength(200);
    expect(first.filter(({ error }) => error)).toEqual([]);
    expect(first[0]!.usage.target!.served).toMatchObject([{ model: 'small-served', reproducible: false }]);
    expect(await run('second')).toEqual(first);
    expect(server.injected.length).toBeGreaterThan(20);
  } finally {
    await server.close();
  }
}, 300_000);

test('a server that is not there, and one that was not named, are told at once', async () => {
  const server = await startServer();
  await server.close();
  const ask = ['chat', '--model', 'endpoint:small', '--message', 'Hello'];
  const unnamed = await labHere(...ask);
  expect(unnamed.code).toBe(2);
  expect(unnamed.err).toMatch(/No server is named .*\n.*--endpoint/);
  const dead = await labHere(...ask, '--endpoint', server.address);
  expect(dead.code).toBe(1);
  expect(dead.err).toMatch(/127\.0\.0\.1:\d+ gave no usable answer .*ECONNREFUSED/);
}, 120_000);
