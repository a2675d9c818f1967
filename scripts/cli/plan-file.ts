/** @file Reads a plan file, puts the command line's choices in, and cuts out one shard of it. */
import { readFileSync } from 'node:fs';
import { parsePlan, type Plan } from '../../src/lab/plan.ts';
import { registries } from '../../src/lab/registries.ts';
import { resolvePlan } from '../../src/lab/resolve.ts';
import { badUsage } from './failure.ts';

export interface PlanChoices {
  readonly seed?: number;
  /** `i/n`, from 1. */
  readonly shard?: string;
}

/** @throws CommandError or LabError that says what is wrong, and on which line for JSON that cannot be read */
export function readPlan(path: string, { seed, shard }: PlanChoices): Plan {
  const plan = parsePlan(readJson(path));
  const seeded = seed === undefined ? plan : { ...plan, seed };
  const { behaviors } = resolvePlan(seeded, registries);
  if (shard === undefined) return seeded;
  const { index, count } = readShard(shard);
  const own = behaviors.filter((_, i) => i % count === index);
  if (own.length === 0)
    throw badUsage(
      `Shard ${shard} is empty: the plan has ${behaviors.length} behaviors.`,
      'Use fewer shards.',
    );
  return { ...seeded, behaviors: [{ behaviors: own }] };
}

/** @returns index from 0 */
export function readShard(shard: string): { readonly index: number; readonly count: number } {
  const [, i = 0, n = 0] = (/^(\d+)\/(\d+)$/.exec(shard) ?? []).map(Number);
  if (i >= 1 && i <= n) return { index: i - 1, count: n };
  throw badUsage(`"${shard}" is not a shard.`, 'Write --shard I/N with I from 1 to N, for example 2/8.');
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw badUsage(`There is no plan file "${path}".`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const position = Number(/position (\d+)/.exec(reason)?.[1] ?? text.length);
    const line = text.slice(0, position).split('\n').length;
    throw badUsage(`${path}, line ${line}: ${reason}.`);
  }
}
