/** @file A helper on the thread of a test. */
import { createHelper, type Helper } from '../../../src/lab/run/helper.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { loadGuard, loadToy, registries } from './harness.ts';

/** A helper with models of its own; everything that crosses to and from it is cloned, as between threads. */
export function helper(
  dies: (runs: number) => boolean = () => false,
  models = createModelPool(loadToy, loadGuard),
): Helper & { runs: number } {
  const own = createHelper(models, async () => registries);
  return {
    runs: 0,
    open: (job) => own.open(structuredClone(job)),
    async run(place, outcomes, onStep) {
      if (dies(this.runs++)) throw new Error('out of memory');
      const steps = (at: number, step: Parameters<typeof onStep>[1]) => onStep(at, structuredClone(step));
      return structuredClone(await own.run(place, structuredClone(outcomes), steps));
    },
    end: () => {},
  };
}
