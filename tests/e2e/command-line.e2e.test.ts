import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, truncate, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/build.ts';
import { labHere } from '../scripts/printed.ts';

const plan = {
  version: 1,
  name: 'small',
  models: { targets: ['tinytown-chat'] },
  behaviors: [{ set: 'tinytown', limit: 3 }],
  attacks: [{ id: 'direct-request' }, { id: 'assistant-prefix' }],
  defenses: [{ stack: [{ id: 'self-reminder' }] }],
  evaluators: [{ id: 'tinytown-oracle' }, { id: 'pattern-refusal' }],
  sampling: { maxNewTokens: 24 },
  concurrency: 3,
};
const trialsInPlan = 2 * (2 * 3 + 2 * 3);
let folder: string;
let planPath: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-'));
  planPath = join(folder, 'plan.json');
  await writeFile(planPath, JSON.stringify(plan));
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line as a process of its own, for what its process promises; `labHere` starts faster. */
function lab(
  args: readonly string[],
  onError: (line: string, pid: number) => void = () => {},
  onOut: (line: string, pid: number) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'scripts/lab.mjs'), ...args], { cwd: root });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
    onOut(String(data), child.pid!);
  });
  child.stderr.on('data', (data) => {
    err += data;
    onError(String(data), child.pid!);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}
/** Process id of the browser that the command line with id `pid` started. */
function browserOf(pid: number): number {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line) ?? [])
    .map(([, id, parent, args = '']) => ({ id: Number(id), parent: Number(parent), args }));
  const isBelow = (id: number): boolean => {
    const entry = processes.find((process) => process.id === id);
    return entry !== undefined && (entry.parent === pid || isBelow(entry.parent));
  };
  return processes.find(({ id, args }) => args.includes('--remote-debugging') && isBelow(id))!.id;
}

const trialsIn = async (out: string) =>
  (await readFile(join(out, 'trials.jsonl'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/,"times":.*$/, ''));

describe('run', () => {
  test('exits with 1 when its browser is killed, keeps finished trials, and resumes to the same bytes', async () => {
    const whole = join(folder, 'whole');
    const done = await lab(['run', planPath, '--out', whole, '--json']);
    expect(done.err).not.toContain('error');
    expect(done.code).toBe(0);
    expect(JSON.parse(done.out)).toMatchObject({ plan: 'small', seed: 0, device: { kind: 'wasm' } });
    const expected = await trialsIn(whole);
    expect(expected).toHaveLength(trialsInPlan);

    const cut = join(folder, 'cut');
    let killed = false;
    const broken = await lab(['run', planPath, '--out', cut], (line, pid) => {
      if (killed || !/\d+ trials/.test(line)) return;
      killed = true;
      process.kill(browserOf(pid), 'SIGKILL');
    });
    expect(broken.code).toBe(1);
    expect(broken.err).toContain('--resume');

    const trials = join(cut, 'trials.jsonl');
    await truncate(trials, (await stat(trials)).size - 10);
    const resumed = await lab(['run', planPath, '--out', cut, '--resume', '--json']);
    expect(resumed.code).toBe(0);
    expect(await trialsIn(cut)).toEqual(expected);
  });

  test('shards add up to the whole run, each trial with the same bytes', async () => {
    const shards = [join(folder, 'shard-1'), join(folder, 'shard-2')];
    for (const [i, out] of shards.entries())
      expect((await labHere('run', planPath, '--out', out, '--shard', `${i + 1}/2`)).code).toBe(0);
    const together = (await Promise.all(shards.map(trialsIn))).flat();
    expect(together.toSorted()).toEqual((await trialsIn(join(folder, 'whole'))).toSorted());

    const merged = join(folder, 'merged');
    const { code, err } = await labHere('merge', ...shards, '--out', merged);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(await trialsIn(merged)).toEqual(await trialsIn(join(folder, 'whole')));
    expect(await readFile(join(merged, 'report.html'), 'utf8')).toContain('<h1>small</h1>');
    const compared = await labHere('compare', merged, join(folder, 'whole'), '--json');
    expect(JSON.parse(compared.out)).toMatchObject({ differences: [], models: [{ first: 'tinytown-chat' }] });
  });
});

test('attack prints one line of JSON per step, and its result last', async () => {
  const [first] = await trialsIn(join(folder, 'whole'));
  const { behavior } = JSON.parse(`${first}}`) as { behavior: string };
  const { code, out } = await labHere(
    ...['attack', 'gcg', '--model', 'tinytown-chat', '--behavior', behavior],
    ...['--option', 'steps=2', '--max-new-tokens', '8', '--json'],
  );
  expect(code).toBe(0);
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.slice(0, -1).every(({ step }) => typeof step === 'number')).toBe(true);
  expect(lines.at(-1)).toMatchObject({ result: { messages: [{}], loss: expect.any(Number) as number } });
});

test('chat prints the answer, whether it was blocked, and tokens on request', async () => {
  const { code, out } = await labHere(
    ...['chat', '--model', 'tinytown-chat', '--message', 'Hello', '--max-new-tokens', '8'],
    ...['--top-tokens', '2', '--defense', 'self-reminder', '--json'],
  );
  expect(code).toBe(0);
  const reply = JSON.parse(out) as {
    response: string;
    blocked: boolean;
    tokens: { text: string; top: unknown[] }[];
  };
  expect(reply.blocked).toBe(false);
  expect(reply.tokens[0]?.top).toHaveLength(2);
});

test('bad input exits with 2 and a reason, and prints no result', async () => {
  const { code, out, err } = await lab(['run', 'missing.json', '--out', join(folder, 'none')]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('missing.json');
});

test('a training that is killed goes on in its folder to the same bytes', async () => {
  const train = (out: string, ...more: readonly string[]) => {
    const settings = ['--steps', '2', '--evaluate-every', '0', '--checkpoint-every', '1'];
    const what = ['train', 'safe-tuning', '--model', 'tinytown-hard', '--data', 'tinytown'];
    return [...what, ...settings, '--out', join(folder, out), '--json', ...more];
  };
  let killed = false;
  const [whole, cut] = await Promise.all([
    lab(train('whole')),
    lab(train('cut'), undefined, (line, pid) => {
      if (killed || !line.includes('"checkpoint"')) return;
      killed = true;
      process.kill(browserOf(pid), 'SIGKILL');
      process.kill(pid, 'SIGKILL');
    }),
  ]);
  expect(whole.code, whole.err).toBe(0);
  const last = JSON.parse(whole.out.trim().split('\n').at(-1)!) as unknown;
  expect(last).toMatchObject({ result: { model: 'tinytown-hard-safe-tuning', steps: 2 } });
  expect(cut.code).not.toBe(0);
  const again = await lab(train('cut', '--resume'));
  expect(again.code, again.err).toBe(0);
  const weights = (out: string) => readFile(join(folder, out, 'model/model.safetensors'));
  expect((await weights('cut')).equals(await weights('whole'))).toBe(true);
});
