import { expect, test } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { AppFiles } from '../../src/ui/about/app-files.svelte.ts';

test('a repair shows its progress and then what it found', async () => {
  const report = { replaced: ['models/a.json'], added: [], failed: [] };
  let finish = () => {};
  const files = new AppFiles(async (onProgress) => {
    onProgress({ checked: 3, total: 9 });
    await new Promise<void>((resolve) => (finish = resolve));
    return report;
  });
  const done = files.repair();
  expect(files.progress).toEqual({ checked: 3, total: 9 });
  void files.repair(); // a second press does nothing
  finish();
  await done;
  expect(files.progress).toBeNull();
  expect(files.report).toEqual(report);
});

test('a repair that cannot start says why', async () => {
  const files = new AppFiles(async () => {
    throw new LabError('not-supported', 'The seal is not active on this page.', {
      advice: 'Reload the page.',
    });
  });
  await files.repair();
  expect(files.failure).toMatchObject({ code: 'not-supported', advice: 'Reload the page.' });
  expect([files.progress, files.report]).toEqual([null, null]);
});
