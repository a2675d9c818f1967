/** @file Workflows run only actions that are pinned to a commit, since a tag can be moved. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../.github/workflows/', import.meta.url));

test.each(readdirSync(folder))('%s names each action by commit, with its version beside it', (file) => {
  const used = [...readFileSync(folder + file, 'utf8').matchAll(/uses: *(.*)$/gm)].map(
    ([, action]) => action!,
  );
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
});
