/** @file What a run will take, before it starts. */
import type { ModelEntry } from '../../../models/catalog.ts';
import { undefended } from '../../plan/plan.ts';
import type { RunEstimate } from '../../records/run-estimate.ts';
import type { Registries } from '../../trials/registries.ts';
import { expandPlan, type Chunk } from '../../trials/trials.ts';
import { defaultAccess, type ModelPool } from '../model-pool.ts';
import { memoryFor } from '../pool-size.ts';
import { calibrate } from './calibrate.ts';
import { createCosts } from './costs.ts';

export interface EstimateOptions {
  readonly registries: Registries;
  readonly models: ModelPool;
  /** How many will compute a run of so many chunks. */
  readonly workersFor: (models: readonly ModelEntry[], chunks: number) => number;
  /** Whether a model under attack may be loaded and timed; else its time is guessed from its size. */
  readonly mayTime: (model: ModelEntry) => boolean;
  readonly signal: AbortSignal;
}

/** Models under attack stay loaded for the run that follows. @throws as `expandPlan`, and what loading a model throws */
export async function estimateRun(
  input: unknown,
  { registries, models, workersFor, mayTime, signal }: EstimateOptions,
): Promise<RunEstimate> {
  const { resolved, chunks, total } = expandPlan(input, registries);
  const { plan, targets, roles, behaviors } = resolved;
  const costs = createCosts(resolved);
  const timed = targets.filter(mayTime);
  for (const target of timed) {
    const model = await models.get(target, { access: defaultAccess(target), signal });
    costs.calibrate(target.id, await calibrate(model, behaviors, plan, signal));
  }
  const needed = [...new Set([...targets, ...Object.values(roles)])];
  const workers = workersFor(needed, chunks.length);
  const makesAttack = ({ stack, mode }: Chunk) =>
    plan.replay === undefined && (stack.name === undefended || mode === 'adaptive');
  const each = chunks.map((chunk) => costs.of(chunk, makesAttack(chunk)));
  const known = each.filter((ms) => ms !== null);
  const sum = known.reduce((all, ms) => all + ms, 0);
  return {
    trials: total,
    timeMs: known.length < each.length ? null : Math.max(sum / workers, ...known),
    isTimed: timed.length === targets.length,
    workers,
    memoryBytes: memoryFor(needed, workers),
  };
}
