/** @file Attacks and defenses must not name the embedded world: no method may contain a special case for it. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const sources = ['src/attacks', 'src/defenses'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => join(parentPath, name)),
);

test.each(sources)('%s mentions no Tinytown', (file) => {
  expect(readFileSync(file, 'utf8')).not.toMatch(/tinytown|tinnish/i);
});
