/** @file How long the plan of every attack takes on the command line. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './comparison.ts';

/** @throws Error if the run fails */
export function timeOfAttacks(root: string): Figure {
  const folder = mkdtempSync(join(tmpdir(), 'glovebox-bench-'));
  const plan = join(root, 'public/plans/attacks.json');
  try {
    const startedAt = performance.now();
    const lab = join(root, 'scripts/lab.mjs');
    const { status } = spawnSync(process.execPath, [lab, 'run', plan, '--out', join(folder, 'run')], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const seconds = (performance.now() - startedAt) / 1000;
    if (status !== 0) throw new Error(`The run of ${plan} ended with ${status}.`);
    const ours = `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
    return { what: 'every attack, 30 behaviors', model: 'tinytown-chat', ours, about: 'command line' };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
