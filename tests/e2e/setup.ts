/** @file Builds what the tests serve, once: files of tests run side by side. */
import { carriedBuild, ensureBuilt, sealedBuild } from '../../scripts/build.ts';

export default async function setup(): Promise<void> {
  await ensureBuilt(sealedBuild);
  await ensureBuilt(carriedBuild);
}
