/** @file Reads a plan file and applies the options of the command line to it. */
import { excerpt } from '../../src/core/excerpt.ts';
import type { PackName } from '../../src/core/templates.ts';
import { readVariables } from '../../src/lab/plan/chat-template.ts';
import { parsePlan, type attackModeWishes, type Plan } from '../../src/lab/plan/plan.ts';
import { badUsage } from './failure.ts';
import { readJson, readTemplates } from './json-file.ts';

export interface PlanChoices {
  readonly seed?: number;
  /** Models under attack, in place of the plan's. Empty or absent: those of the plan. */
  readonly model?: readonly string[];
  /** `i/n`, from 1. */
  readonly shard?: string;
  readonly attackMode?: (typeof attackModeWishes)[number];
  /** Pack of texts that attacks use, in place of the plan's. */
  readonly texts?: PackName;
  /** Template pack file, in place of the pack of the plan. */
  readonly templates?: string;
  /** What chat templates take for today, in place of the plan's. */
  readonly date?: string;
  /** `name=value`, beside the variables of the plan. */
  readonly templateVar?: readonly string[];
}

/**
 * The plan as it is written, with models by the names that it gives them; whether these and its methods exist is not
 * checked here. The fields are in the order of the schema, because a run is named by a hash of its plan.
 * @throws CommandError or LabError that describes the problem, with the line when the JSON cannot be read
 */
export function readPlan(
  path: string,
  { seed, model = [], shard, texts, templates, attackMode, date, templateVar = [] }: PlanChoices,
): Plan {
  const given = parsePlan(readJson(path, 'plan file'));
  return parsePlan({
    ...given,
    chatTemplate: {
      date: date ?? given.chatTemplate.date,
      variables: { ...given.chatTemplate.variables, ...readVariables(templateVar) },
    },
    ...(seed !== undefined && { seed }),
    ...(model.length > 0 && { models: { ...given.models, targets: model } }),
    ...(texts !== undefined && { texts }),
    ...(templates !== undefined && { templates: readTemplates(templates) }),
    ...(attackMode !== undefined && { attackMode }),
    ...(shard !== undefined && { shard: readShard(shard) }),
  });
}

export function readShard(shard: string): NonNullable<Plan['shard']> {
  const [, i = 0, n = 0] = (/^(\d+)\/(\d+)$/.exec(shard) ?? []).map(Number);
  if (i >= 1 && i <= n) return { index: i, count: n };
  throw badUsage(
    `"${excerpt(shard)}" is not a shard.`,
    'Write --shard I/N with I from 1 to N, for example 2/8.',
  );
}
