import { expect, test, vi } from 'vitest';
import type { Outcome } from '../../../src/core/errors.ts';
import type { ImportedModel } from '../../../src/lab/records/stored-model.ts';
import { droppedFiles, pickedFiles } from '../../../src/ui/models/dropped-files.ts';
import { ModelImport, type ImportProgress } from '../../../src/ui/models/model-import.svelte.ts';
import { ModelShelf, type StoredModel } from '../../../src/ui/models/model-shelf.svelte.ts';

const progress: ImportProgress = {
  stage: 'storing',
  loadedBytes: 1,
  totalBytes: 2,
  bytesPerSecond: 10,
  secondsLeft: 0.1,
};
const files = new Map([['folder/config.json', new Blob(['{}'])]]);

/** A lab whose imports wait to be ended by the test. */
function waitingLab() {
  const ends: ((outcome: Outcome<ImportedModel>) => void)[] = [];
  const calls: { signal: AbortSignal; report: (progress: ImportProgress) => void }[] = [];
  const importModel: ConstructorParameters<typeof ModelImport>[0]['importModel'] = (_files, options = {}) => {
    calls.push({ signal: options.signal!, report: options.onProgress! });
    return new Promise((resolve) => ends.push(resolve));
  };
  return { importModel, ends, calls };
}
const stored = { id: 'smol', title: 'Smol' } as StoredModel;
const imported = { model: stored, wasStored: false };

test('an import shows its name and progress, then what was stored', async () => {
  const lab = waitingLab();
  const onstored = vi.fn(async () => {});
  const importing = new ModelImport(lab, onstored);
  const ending = importing.start(files, 'F16');
  expect([importing.name, importing.progress]).toEqual(['folder', null]);
  lab.calls[0]!.report(progress);
  expect(importing.progress).toEqual(progress);
  lab.ends[0]!({ status: 'done', value: imported });
  await ending;
  expect([importing.name, importing.done, onstored.mock.calls.length]).toEqual([null, imported, 1]);
});

test('a cancelled import is over at once, and what it says later is not shown', async () => {
  const lab = waitingLab();
  const onstored = vi.fn(async () => {});
  const importing = new ModelImport(lab, onstored);
  const ending = importing.start(files, 'F16');
  importing.cancel();
  expect([importing.name, lab.calls[0]!.signal.aborted]).toEqual([null, true]);
  lab.calls[0]!.report(progress);
  lab.ends[0]!({ status: 'cancelled' });
  await ending;
  expect([importing.progress, importing.done, onstored.mock.calls.length]).toEqual([null, null, 0]);
});

test('an import that fails leaves the reason', async () => {
  const lab = waitingLab();
  const importing = new ModelImport(lab, async () => {});
  const ending = importing.start(files, 'F32');
  lab.ends[0]!({ status: 'failed', code: 'bad-input', message: 'No model.', advice: 'Bring another.' });
  await ending;
  expect([importing.failure?.message, importing.done]).toEqual(['No model.', null]);
});

test('files of a folder are named by their paths', async () => {
  const file = new File(['{}'], 'config.json');
  expect([...pickedFiles([file]).keys()]).toEqual(['config.json']);
  const entryOf = (path: string) => ({
    isFile: true,
    isDirectory: false,
    fullPath: path,
    file: (resolve: (file: File) => void) => resolve(file),
  });
  const batches = [[entryOf('/smol/config.json')], []];
  const folder = {
    isFile: false,
    isDirectory: true,
    fullPath: '/smol',
    createReader: () => ({ readEntries: (resolve: (entries: unknown) => void) => resolve(batches.shift()) }),
  };
  const items = [{ webkitGetAsEntry: () => folder }] as unknown as DataTransferItemList;
  const found = await droppedFiles({ items, files: [] as unknown as FileList } as unknown as DataTransfer);
  expect([...found.keys()]).toEqual(['smol/config.json']);
});

function shelfLab(changes: Partial<ConstructorParameters<typeof ModelShelf>[0]> = {}) {
  const done = async () => ({ status: 'done', value: undefined }) as const;
  return {
    storedModels: async () => ({ status: 'done', value: [stored] }) as const,
    verifyModel: done,
    renameModel: done,
    pinModel: done,
    exportModel: async () => ({ status: 'done', value: new Blob(['zip']) }) as const,
    removeModel: done,
    ...changes,
  };
}

test('a model is verified, and a broken one says so and is verified no more', async () => {
  const broken = {
    status: 'failed',
    code: 'bad-model',
    message: 'A file is not as stored.',
    advice: '',
  } as const;
  let outcome: Outcome<void> = { status: 'done', value: undefined };
  const shelf = new ModelShelf(shelfLab({ verifyModel: async () => outcome }), async () => {});
  await shelf.verify('smol');
  expect(shelf.verified).toEqual(['smol']);
  outcome = broken;
  await shelf.verify('smol');
  expect([shelf.verified, shelf.failure?.message]).toEqual([[], broken.message]);
});

test('every change reads the list again and tells the page', async () => {
  const onchange = vi.fn(async () => {});
  const storedModels = vi.fn(shelfLab().storedModels);
  const shelf = new ModelShelf(shelfLab({ storedModels }), onchange);
  await shelf.rename('smol', 'New');
  await shelf.pin('smol', true);
  await shelf.remove('smol');
  expect([onchange.mock.calls.length, storedModels.mock.calls.length, shelf.busy]).toEqual([3, 3, null]);
  expect(await (await shelf.exported('smol'))!.text()).toBe('zip');
});
