/** @file A pool of seeds or a population by generation, read from attack steps. Pure. */
import { groupedBy } from '../../../core/groups.ts';
import type { AttackStep } from '../../types.ts';
import { isNumber, isText, numberOrNull, isName } from './detail.ts';

export interface SeedRow {
  readonly name: string;
  readonly tries: number;
  readonly best: number | null;
}
export interface PoolReading {
  /** Most tried first. */
  readonly seeds: readonly SeedRow[];
  /** Most used first. */
  readonly operators: readonly SeedRow[];
  /** Seeds in the pool by now, when the steps say. */
  readonly size: number | null;
}

/** A pool of seeds that operators are applied to. */
export function poolOf(steps: readonly AttackStep[]): PoolReading | null {
  const tries = steps.flatMap(({ detail }) =>
    detail && isName(detail['seed']) && isText(detail['operator'])
      ? [
          {
            seed: String(detail['seed']),
            operator: detail['operator'],
            score: typeof detail['score'] === 'boolean' ? Number(detail['score']) : detail['score'],
            pool: detail['pool'],
          },
        ]
      : [],
  );
  if (tries.length === 0) return null;
  const tally = (by: 'seed' | 'operator'): readonly SeedRow[] =>
    [...groupedBy(tries, (one) => one[by])]
      .map(([name, of]) => {
        const scores = of.map(({ score }) => score).filter(isNumber);
        return { name, tries: of.length, best: scores.length > 0 ? Math.max(...scores) : null };
      })
      .toSorted((a, b) => b.tries - a.tries);
  const pool = tries.at(-1)!.pool;
  return {
    seeds: tally('seed'),
    operators: tally('operator'),
    size: Array.isArray(pool) ? pool.length : numberOrNull(pool),
  };
}

export interface Member {
  readonly text: string;
  readonly value: number;
}
export interface Generation {
  readonly generation: number;
  /** Lowest value first. */
  readonly members: readonly Member[];
}
export interface PopulationReading {
  /** What a member's value is. */
  readonly unit: 'loss' | 'score';
  readonly generations: readonly Generation[];
}

const valueKeys = ['loss', 'score', 'fitness'] as const;

function memberOf(item: unknown): (Member & { readonly unit: 'loss' | 'score' }) | null {
  if (isNumber(item)) return { text: '', value: item, unit: 'loss' };
  if (typeof item !== 'object' || item === null) return null;
  const fields = item as Readonly<Record<string, unknown>>;
  const key = valueKeys.find((name) => isNumber(fields[name]));
  if (key === undefined) return null;
  const text = ['text', 'prompt', 'candidate', 'suffix'].map((name) => fields[name]).find(isText) ?? '';
  return { text, value: Number(fields[key]), unit: key === 'loss' ? 'loss' : 'score' };
}

/** A population by generation. */
export function populationOf(steps: readonly AttackStep[]): PopulationReading | null {
  let unit: PopulationReading['unit'] = 'loss';
  const generations = steps.flatMap(({ step, detail }): Generation[] => {
    const population = detail?.['population'] ?? detail?.['beams'] ?? detail?.['losses'];
    if (!Array.isArray(population)) return [];
    const members = population.map(memberOf).filter((member) => member !== null);
    if (members.length === 0) return [];
    unit = members[0]!.unit;
    return [
      {
        generation: numberOrNull(detail?.['generation']) ?? step,
        members: members.map(({ text, value }) => ({ text, value })).toSorted((a, b) => a.value - b.value),
      },
    ];
  });
  return generations.length > 0 ? { unit, generations } : null;
}
