/**
 * @file Starts the command line. Its thousand modules are made into one file first: Node takes six times as long to load
 * them one by one. The file is named by its content, so that it is written only after a change.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('../.cache/lab', import.meta.url));
/** A module still finds what lies beside it. */
const ownAddress = {
  name: 'own-address',
  transform: {
    filter: { code: 'import.meta.url' },
    handler: (code, id) => code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
  },
};
const bundle = await rolldown({
  input: fileURLToPath(new URL('lab.ts', import.meta.url)),
  platform: 'node',
  external: /^(?!\w:)[@a-z]/i, // packages stay where they are
  plugins: [ownAddress],
});
const { output } = await bundle.generate({ codeSplitting: false, entryFileNames: 'lab-[hash].mjs' });
await bundle.close();
const { fileName, code } = output[0];
const path = join(folder, fileName);
if (!existsSync(path)) {
  await mkdir(folder, { recursive: true });
  // Whole or not at all, also when several processes write the same file at once.
  const part = join(folder, `${process.pid}.part`);
  await writeFile(part, code);
  await rename(part, path);
  for (const name of await readdir(folder))
    if (name.endsWith('.mjs') && name !== fileName) await rm(join(folder, name), { force: true });
}
await import(pathToFileURL(path).href);
