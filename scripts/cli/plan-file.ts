/** @file Reads a plan file, puts the command line's choices in, and cuts out one shard of it. */
import { parsePlan, type Plan } from '../../src/lab/plan.ts';
import { registries } from '../../src/lab/registries.ts';
import { resolvePlan } from '../../src/lab/resolve.ts';
import { badUsage } from './failure.ts';
import { readJson, readTemplates } from './json-file.ts';

export interface PlanChoices {
  readonly seed?: number;
  /** `i/n`, from 1. */
  readonly shard?: string;
  /** Template pack file, in place of the pack of the plan. */
  readonly templates?: string;
}

/** @throws CommandError or LabError that says what is wrong, and on which line for JSON that cannot be read */
export function readPlan(path: string, { seed, shard, templates }: PlanChoices): Plan {
  const plan: Plan = {
    ...parsePlan(readJson(path, 'plan file')),
    ...(seed !== undefined && { seed }),
    ...(templates !== undefined && { templates: readTemplates(templates) }),
  };
  const { behaviors } = resolvePlan(plan, registries);
  if (shard === undefined) return plan;
  const { index, count } = readShard(shard);
  const own = behaviors.filter((_, i) => i % count === index);
  if (own.length === 0)
    throw badUsage(
      `Shard ${shard} is empty: the plan has ${behaviors.length} behaviors.`,
      'Use fewer shards.',
    );
  return { ...plan, behaviors: [{ behaviors: own }] };
}

/** @returns index from 0 */
export function readShard(shard: string): { readonly index: number; readonly count: number } {
  const [, i = 0, n = 0] = (/^(\d+)\/(\d+)$/.exec(shard) ?? []).map(Number);
  if (i >= 1 && i <= n) return { index: i - 1, count: n };
  throw badUsage(`"${shard}" is not a shard.`, 'Write --shard I/N with I from 1 to N, for example 2/8.');
}
