/** @file `npm run test:real`: the tests on real models that fit into `npm test`; with `-- --all`, all of them. */
import { spawnSync } from 'node:child_process';
import { root } from './build.ts';

const args = process.argv.slice(2);
const { status } = spawnSync(
  'npx',
  ['vitest', 'run', '--project', 'real', ...args.filter((arg) => arg !== '--all')],
  {
    cwd: root,
    env: { ...process.env, ...(args.includes('--all') && { GLOVEBOX_REAL: 'all' }) },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  },
);
process.exitCode = status ?? 1;
