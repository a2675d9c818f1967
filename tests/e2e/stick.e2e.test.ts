/** @file The built app on a stick: a copy of its folder serves itself. */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dist } from '../../scripts/build.ts';

test('a copy of the built app is served, with the headers of the seal, by Node and the file in it', async () => {
  const stick = await mkdtemp(join(tmpdir(), 'glovebox stick '));
  for (const name of ['index.html', 'serve.mjs']) await cp(join(dist, name), join(stick, name));
  const server = spawn(process.execPath, [join(stick, 'serve.mjs')], {
    cwd: tmpdir(),
    env: { ...process.env, CI: '1' }, // opens no browser
  });
  try {
    const said = await new Promise<string>((resolve, reject) => {
      server.stdout.on('data', (data) => resolve(String(data)));
      server.stderr.on('data', (data) => reject(new Error(String(data))));
    });
    const [address] = /http:\S+/.exec(said)!;
    const page = await fetch(address);
    expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(await page.text()).toContain('Glovebox');
  } finally {
    server.kill();
    await rm(stick, { recursive: true });
  }
});
