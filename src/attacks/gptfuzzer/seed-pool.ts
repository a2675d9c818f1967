/** @file GPTFuzzer's growing pool of templates, and the selection of the next one to mutate. */
import type { Random } from '../../core/random.ts';

export interface SeedNode {
  readonly id: number;
  readonly template: string;
  readonly parent: number | null;
  /** 0 for a seed. */
  readonly level: number;
  visits: number;
  reward: number;
}

export type Selection = 'mcts-explore' | 'ucb' | 'random' | 'round-robin';

interface SelectionOptions {
  readonly selection: Selection;
  /** Weight of rarely visited templates. */
  readonly ratio: number;
  /** α: probability of stopping above a leaf. */
  readonly stop: number;
}

/**
 * Upper confidence bound of a node at the `step`-th selection, from 1.
 * @see https://arxiv.org/abs/2309.10253
 */
export const upperBound = (
  { reward, visits }: Pick<SeedNode, 'reward' | 'visits'>,
  step: number,
  ratio: number,
): number => reward / (visits + 1) + ratio * Math.sqrt((2 * Math.log(step)) / (visits + 0.01));

/** Share of the reward that a node of this level earns; smaller for deep ones, to keep the search near the seeds. */
export const depthFactor = (level: number, floor: number): number => Math.max(floor, 1 - 0.1 * level);

/** The outcome of one selection. */
export interface SelectionOutcome {
  readonly successes: number;
  readonly questions: number;
  /** Valid mutants, which were tried on every question. */
  readonly mutants: number;
}

/** The item with the highest value; the first of equal ones. */
function firstBest<T>(items: readonly T[], value: (item: T) => number): T {
  return items.reduce((best, item) => (value(item) > value(best) ? item : best));
}

export interface SeedPool {
  readonly nodes: readonly SeedNode[];
  /** The nodes from a seed to the selected one; each counts as visited once more. */
  select(random: Random): readonly SeedNode[];
  add(template: string, parent: SeedNode): SeedNode;
  /** Credit a path with the success rate of its mutants over all questions. */
  credit(path: readonly SeedNode[], outcome: SelectionOutcome, floor: number): void;
}

export function createSeedPool(
  templates: readonly string[],
  { selection, ratio, stop }: SelectionOptions,
): SeedPool {
  const nodes: SeedNode[] = templates.map((template, id) => ({
    id,
    template,
    parent: null,
    level: 0,
    visits: 0,
    reward: 0,
  }));
  let step = 0;
  const childrenOf = (parent: number | null) => nodes.filter((node) => node.parent === parent);
  const bound = (node: SeedNode) => upperBound(node, step, ratio);

  const selectedPath = (random: Random): SeedNode[] => {
    if (selection === 'random') return [random.pick(nodes)];
    if (selection === 'round-robin') return [nodes[(step - 1) % nodes.length]!];
    if (selection === 'ucb') return [firstBest(nodes, bound)];
    const path = [firstBest(childrenOf(null), bound)];
    for (;;) {
      const children = childrenOf(path.at(-1)!.id);
      if (children.length === 0 || random.next() < stop) return path;
      path.push(firstBest(children, bound));
    }
  };

  return {
    nodes,
    select(random) {
      step++;
      const path = selectedPath(random);
      for (const node of path) node.visits++;
      return path;
    },
    add(template, parent) {
      const node = {
        id: nodes.length,
        template,
        parent: parent.id,
        level: parent.level + 1,
        visits: 0,
        reward: 0,
      };
      nodes.push(node);
      return node;
    },
    credit(path, { successes, questions, mutants }, floor) {
      const reward = (successes / (questions * mutants)) * depthFactor(path.at(-1)!.level, floor);
      for (const node of path) node.reward += reward;
    },
  };
}
