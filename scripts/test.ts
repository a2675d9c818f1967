/**
 * @file `npm test`: the checks of `npm run check`, then the tests that evaluate the bundled models, those on real models,
 * and those that need a browser. Stops at the first failure.
 */
import { spawnSync } from 'node:child_process';
import { ensureChromium } from './chromium.ts';
import { root } from './build.ts';

const env = { ...process.env, GLOVEBOX_CHROMIUM: ensureChromium() };
for (const script of ['check', 'test:models', 'test:real', 'test:browser', 'test:e2e']) {
  const { status } = spawnSync('npm', ['run', script], {
    cwd: root,
    env,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`npm run ${script} failed.`);
    process.exit(1);
  }
}
