import { expect, test } from 'vitest';
import { memoryFolders } from '../../../src/lab/training/kept-folder.ts';
import { infoPath, noteKept, trainingInfo } from '../../../src/lab/training/kept-training.ts';

test('a training knows the model that it was kept as, and a folder without one stays without', async () => {
  const folder = memoryFolders().folder('training');
  await noteKept(folder, 'kept');
  expect(await trainingInfo(folder)).toBeNull();
  await folder.write(infoPath, new TextEncoder().encode('{"id":"training","model":"base","state":"done"}'));
  await noteKept(folder, 'kept');
  expect(await trainingInfo(folder)).toMatchObject({ id: 'training', model: 'base', keptAs: 'kept' });
});
