/**
 * @file Makes a bare clone work: `npm ci` when the installed packages differ from package-lock.json.
 * Plain Node without imports from packages, because it runs before there are any. Prints nothing on standard output.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Glovebox needs Node 20.19 or newer; this is ${process.versions.node}. See https://nodejs.org.`,
  );
  process.exit(2);
}

/** Packages by path, as a lock file lists them; empty when there is no such file. */
function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

const wanted = Object.entries(packagesIn('../package-lock.json')).filter(([path]) => path !== '');
const installed = packagesIn('../node_modules/.package-lock.json');
// An optional package may be meant for another system.
const isMissing = ([path, { version, optional }]) =>
  path in installed ? installed[path].version !== version : !optional;

if (wanted.some(isMissing)) {
  console.error('Installing packages with npm ci …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(
      'npm ci failed; the reason is above. Check the network or the registry that npm is set to use.',
    );
    process.exit(1);
  }
}
