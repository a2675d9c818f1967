/** @file Writes a run whose trials are kept outside of the browser: in a folder of the command line. */
import type { RunWriter } from './run-writer.ts';

/** Keeps the trials of one run. A rejection ends the run, so that nothing is computed that cannot be kept. */
export type RunKeeper = Pick<RunWriter, 'append' | 'trial'>;

/** @param places of the trials that are kept already */
export const keptRun = (keeper: RunKeeper, places: readonly number[]): RunWriter => ({
  places,
  digests: null,
  trial: keeper.trial,
  append: keeper.append,
  setState: async () => {},
  artifacts: [],
  addArtifact: async () => {},
  release: () => {},
});
