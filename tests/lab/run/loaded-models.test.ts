import { expect, test } from 'vitest';
import { findModel } from '../../../src/lab/plan/find-models.ts';
import { loadModels } from '../../../src/lab/run/loaded-models.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { loadToy, registries } from './harness.ts';

const toy = findModel(registries, 'toy');

async function loadsFor(oneCopy: boolean, whiteBox: boolean) {
  const loads: string[] = [];
  const pool = createModelPool(
    async (entry, { access }) => {
      loads.push(access);
      return loadToy(entry);
    },
    undefined,
    async () => oneCopy,
  );
  const models = await loadModels(pool, { target: toy, roles: {}, whiteBox }, {});
  return { loads, same: models.target('white-box') === models.target('grey-box') };
}

test('a large model that is attacked through its gradients is loaded once', async () => {
  expect(await loadsFor(true, true)).toEqual({ loads: ['white-box'], same: true });
  expect(await loadsFor(true, false)).toEqual({ loads: ['grey-box'], same: true });
  expect(await loadsFor(false, true)).toEqual({ loads: ['white-box', 'grey-box'], same: false });
});
