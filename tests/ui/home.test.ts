import { expect, test } from 'vitest';
import type { RunInfo } from '../../src/lab/records/run.ts';
import { waitingRun } from '../../src/ui/home/waiting-run.ts';

const run = (name: string, state: RunInfo['state'], finished: number): RunInfo => ({
  ...{ id: name, name, state, finished, total: 10, createdAt: '2026-01-01', versions: {} },
  device: { kind: 'wasm', description: '', threads: 1 },
});

test('a run that was paused, stopped or cut off waits; a finished one and the demonstration do not', () => {
  const runs = [
    run('demo', 'paused', 3),
    run('whole', 'done', 10),
    run('mine', 'running', 4),
    run('old', 'paused', 1),
  ];
  expect(waitingRun(runs, 'demo')?.name).toBe('mine');
  expect(waitingRun(runs.slice(0, 2), 'demo')).toBeNull();
});
