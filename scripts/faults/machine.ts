/** @file What a campaign ran on, as far as it matters to its results. */
import { execFileSync } from 'node:child_process';

/** Main version of a Chromium, for example "156". */
export function chromiumVersion(path: string): string {
  const output = execFileSync(path, ['--version', '--no-sandbox'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return /\d+/.exec(output)?.[0] ?? 'of unknown version';
}
