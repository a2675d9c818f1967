/**
 * @file Reads the `detail` of attack steps by its shape, so that a view follows what the data is and not which attack
 * made it. Every reading is `null` where the shape does not fit; what is odd in a single step is left out. Pure.
 */
import { groupedBy } from '../../core/groups.ts';
import type { AttackStep } from '../types.ts';

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const textOr = (value: unknown, other: string): string => (isText(value) ? value : other);
const numberOrNull = (value: unknown): number | null => (isNumber(value) ? value : null);
const isName = (value: unknown): value is string | number => isText(value) || isNumber(value);
const orNull = <T>(items: readonly T[]): readonly T[] | null => (items.length > 0 ? items : null);

/** Steps with a loss, for the curve. */
export const lossesOf = (steps: readonly AttackStep[]): readonly AttackStep[] | null =>
  orNull(steps.filter(({ loss }) => loss !== undefined));

export interface Piece {
  readonly text: string;
  /** How far the gradient says that the loss could fall here, nats per token. */
  readonly gain: number | null;
  /** Unlike the step before. */
  readonly changed: boolean;
}
export interface SuffixReading {
  /** The suffix that the step set out from where there are gains, else the one it arrived at. */
  readonly pieces: readonly Piece[];
  readonly largestGain: number | null;
  readonly arrived: string;
}

/** The suffix of the latest step: by token with gains, or as text with what changed since the step before. */
export function suffixOf(steps: readonly AttackStep[]): SuffixReading | null {
  const index = steps.findLastIndex(({ detail }) => isText(detail?.['suffix']));
  const detail = steps[index]?.detail;
  if (!detail) return null;
  const arrived = String(detail['suffix']);
  const { tokens, gains } = detail;
  if (Array.isArray(tokens) && Array.isArray(gains) && tokens.length === gains.length && tokens.length > 0) {
    const before = steps[index - 1]?.detail?.['tokens'];
    const pieces = tokens.map((token, i): Piece => ({
      text: String(token),
      gain: numberOrNull(gains[i]),
      changed: Array.isArray(before) && before[i] !== token,
    }));
    return { pieces, largestGain: Math.max(0, ...pieces.map(({ gain }) => gain ?? 0)), arrived };
  }
  const before = steps[index - 1]?.detail?.['suffix'];
  return { pieces: differing(textOr(before, arrived), arrived), largestGain: null, arrived };
}

/** `now` cut into what it shares with `before` at both ends, and the rest. */
function differing(before: string, now: string): readonly Piece[] {
  const shortest = Math.min(before.length, now.length);
  let start = 0;
  while (start < shortest && before[start] === now[start]) start++;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === now.at(-1 - end)) end++;
  const parts = [now.slice(0, start), now.slice(start, now.length - end), now.slice(now.length - end)];
  return parts
    .map((text, i): Piece => ({ text, gain: null, changed: i === 1 }))
    .filter(({ text }) => text !== '');
}

export interface TreeNode {
  readonly id: string;
  readonly parent: string | null;
  readonly depth: number;
  readonly score: number | null;
  readonly pruned: boolean;
  readonly reason: string;
  readonly prompt: string;
  readonly response: string;
}

/** A tree of attempts, parents before children, each with its latest state. */
export function treeOf(steps: readonly AttackStep[]): readonly TreeNode[] | null {
  const nodes = new Map<string, TreeNode>();
  for (const { candidate, detail } of steps) {
    const id = detail?.['node'] ?? detail?.['id'];
    if (!detail || !isName(id) || !isNumber(detail['depth'])) continue;
    const known = nodes.get(String(id));
    nodes.set(String(id), {
      id: String(id),
      parent: isName(detail['parent']) ? String(detail['parent']) : null,
      depth: detail['depth'],
      score: numberOrNull(detail['score']) ?? known?.score ?? null,
      pruned: detail['pruned'] !== undefined && detail['pruned'] !== false && detail['pruned'] !== null,
      reason: textOr(detail['reason'], textOr(detail['pruned'], known?.reason ?? '')),
      prompt: candidate ?? known?.prompt ?? '',
      response: textOr(detail['response'], known?.response ?? ''),
    });
  }
  return orNull(depthFirst([...nodes.values()]));
}

/** Each node followed by its subtree; nodes whose parent is unknown are roots. */
function depthFirst(nodes: readonly TreeNode[]): readonly TreeNode[] {
  const ids = new Set(nodes.map(({ id }) => id));
  const children = groupedBy(nodes, ({ id, parent }) =>
    parent !== null && parent !== id && ids.has(parent) ? parent : null,
  );
  const walk = (parent: string | null): TreeNode[] =>
    (children.get(parent) ?? []).flatMap((node) => [node, ...walk(node.id)]);
  return walk(null);
}

export interface DialogueTurn {
  readonly step: number;
  readonly prompt: string;
  readonly response: string;
  readonly score: number | null;
  /** The turn was taken back. */
  readonly undone: boolean;
}
export interface Dialogue {
  readonly name: string;
  readonly turns: readonly DialogueTurn[];
}

/** Conversations side by side: one a stream, or a single one counted in turns. */
export function dialoguesOf(steps: readonly AttackStep[]): readonly Dialogue[] | null {
  const turns = steps.filter(
    ({ detail }) => isText(detail?.['response']) && (isName(detail['stream']) || isNumber(detail['turn'])),
  );
  const streams = groupedBy(turns, ({ detail }) => detail?.['stream'] ?? detail?.['restart'] ?? 0);
  return orNull(
    [...streams].map(([stream, said]) => ({
      name: `Conversation ${isNumber(stream) ? stream + 1 : String(stream)}`,
      turns: said.map(({ step, candidate = '', detail }) => ({
        step,
        prompt: candidate,
        response: textOr(detail?.['response'], ''),
        score: numberOrNull(detail?.['score']),
        undone: detail?.['backtracked'] === true,
      })),
    })),
  );
}

export interface AnswerRow {
  readonly step: number;
  /** The way of asking, where the attack has a name for it; else the prompt itself. */
  readonly name: string;
  readonly prompt: string;
  readonly response: string;
  /** `null`: not asked, or it could not be told. */
  readonly refused: boolean | null;
  /** The attack's own word for what came of it. */
  readonly verdict: string;
}

/** Prompts that were tried one after the other, and what the target answered to each. */
export const answersOf = (steps: readonly AttackStep[]): readonly AnswerRow[] | null =>
  orNull(
    steps.flatMap(({ step, candidate = '', detail = {} }): AnswerRow[] => {
      const { variant, scenario, refused, response, verdict, unsent } = detail;
      const name =
        [variant, scenario].find(isName) ?? (isText(verdict) && isText(response) ? candidate : null);
      if (name === null) return [];
      return [
        {
          step,
          name: String(name),
          prompt: candidate,
          response: textOr(response, ''),
          refused: typeof refused === 'boolean' ? refused : verdict === 'refused' ? true : null,
          verdict: textOr(verdict, isText(unsent) ? 'unsent' : ''),
        },
      ];
    }),
  );

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

/** The fields of the latest step that has any, as text, for what no view draws. */
export function fieldsOf(steps: readonly AttackStep[]): readonly (readonly [string, string])[] | null {
  const detail = steps.findLast((step) => step.detail && Object.keys(step.detail).length > 0)?.detail;
  return detail === undefined ? null : Object.entries(detail).map(([key, value]) => [key, written(value)]);
}

function written(value: unknown): string {
  if (isText(value)) return value;
  if (isNumber(value) && !Number.isInteger(value)) return value.toPrecision(4);
  return JSON.stringify(value) ?? '';
}
