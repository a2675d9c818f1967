/** @file `estimate`: what a run of a plan will take, before it starts. */
import { estimateText } from '../../src/lab/records/run-estimate.ts';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import type { PrecisionWish } from '../../src/models/precision.ts';
import { withBehaviors, type BehaviorChoices } from './behaviors-file.ts';
import { readInput, readLongInput, valueOf } from './failure.ts';
import { checkModelIds, modelsIn, planWithIds, type NamingOptions } from './models/named.ts';
import { readPlan, type PlanChoices } from './plan-file.ts';
import { inSession } from './session.ts';

export interface EstimateOptions extends PlanChoices, NamingOptions, BehaviorChoices {
  readonly device: DeviceKind;
  readonly precision: PrecisionWish;
  readonly workers?: number | undefined;
  readonly json?: true;
}

export async function estimate(planPath: string, options: EstimateOptions): Promise<void> {
  const named = await readLongInput(async () => withBehaviors(readPlan(planPath, options), options));
  const plan = await readLongInput(() => planWithIds(named, options));
  readInput(() => {
    expandPlan(plan, registries);
    checkModelIds(modelsIn(plan));
  });
  const { device, precision, workers } = options;
  const found = valueOf(
    await inSession(device, { onEvent: () => {}, precision, workers, models: modelsIn(plan) }, (page) =>
      page.evaluate((value) => globalThis.glovebox!.estimate(value), plan),
    ),
  );
  console.log(options.json ? JSON.stringify(found) : estimateText(found));
}
