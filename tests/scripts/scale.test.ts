import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const scripts = fileURLToPath(new URL('../../docs/scale/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'scale-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Stands in for the command line: prints what it was called with, one word per line. */
const lab = join(folder, 'lab');
writeFileSync(lab, '#!/bin/bash\nprintf "%s\\n" "$@"\n');
chmodSync(lab, 0o755);

const base = { PATH: process.env['PATH'], LAB: lab, PLAN: '/shared/my plan.json', OUT: join(folder, 'out') };
const call = (script: string, env: Readonly<Record<string, string>>, args: readonly string[] = []) =>
  execFileSync('bash', [join(scripts, script), ...args], {
    env: { ...base, ...env } as unknown as NodeJS.ProcessEnv,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
    .trimEnd()
    .split('\n');
const shard = (index: number, count: number) => [
  ...['run', base.PLAN, '--out', join(base.OUT, `shard-${index}`)],
  ...['--shard', `${index}/${count}`, '--resume', '--json'],
];

test('a task of a Slurm array runs its shard, from whatever number the array begins', () => {
  const task = (id: number, least: number) =>
    call('slurm.sh', {
      SLURM_ARRAY_TASK_ID: String(id),
      SLURM_ARRAY_TASK_MIN: String(least),
      SLURM_ARRAY_TASK_COUNT: '3',
      SCALE: scripts,
    });
  for (const index of [1, 2, 3]) {
    expect(task(index, 1)).toEqual(shard(index, 3));
    expect(task(index - 1, 0)).toEqual(shard(index, 3));
  }
  expect(() => call('slurm.sh', {})).toThrow(/run this as an array/);
});

test('a pod of an indexed job runs its shard, with the endpoint if there is one', () => {
  for (const index of [0, 1])
    expect(call('kubernetes-job.sh', { JOB_COMPLETION_INDEX: String(index), COMPLETIONS: '2' })).toEqual(
      shard(index + 1, 2),
    );
  const ENDPOINT = 'http://vllm:8000/v1';
  expect(call('shard.sh', { ENDPOINT }, ['1', '2'])).toEqual([...shard(1, 2), '--endpoint', ENDPOINT]);
  expect(() => call('kubernetes-job.sh', {})).toThrow(/indexed job/);
});

test('the merge takes every shard that there is', () => {
  for (const index of [1, 2, 3]) call('shard.sh', {}, [String(index), '3']);
  execFileSync('mkdir', ['-p', ...[1, 2, 3].map((index) => join(base.OUT, `shard-${index}`))]);
  expect(call('merge.sh', {})).toEqual([
    'merge',
    ...[1, 2, 3].map((index) => join(base.OUT, `shard-${index}`)),
    ...['--out', join(base.OUT, 'whole'), '--json'],
  ]);
});

test('the manifest has as many completions as it tells its pods', () => {
  const manifest = readFileSync(join(scripts, 'kubernetes.yaml'), 'utf8');
  const [, completions] = /^ {2}completions: (\d+)$/m.exec(manifest)!;
  expect(manifest).toMatch(new RegExp(`name: COMPLETIONS[^\\n]*\\n\\s+value: '${completions}'`));
  expect(manifest).toContain('completionMode: Indexed');
});
