/** @file The attacks and defenses know nothing of the embedded world: what works on it works by itself. */
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
