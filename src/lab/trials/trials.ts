/** @file Which trials a plan stands for, in which order, and which of them run side by side. */
import type { Attack } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { directRequest, parsePlan } from '../plan/plan.ts';
import type { TrialKey } from '../records/trial.ts';
import type { Registries } from './registries.ts';
import { chooseMethod, type Chosen, type NamedStack, type ResolvedPlan, resolvePlan } from './resolve.ts';

export interface Trial {
  /** Position in the plan's order, from 0. */
  readonly place: number;
  readonly key: TrialKey;
  readonly behavior: Behavior;
  /** Names every random stream of the trial. The same behind every defense, so that defenses are compared on equal draws. */
  readonly seed: string;
}

/** Trials of one cell of the matrix that run side by side. The unit that is run, and run again after a crash. */
export interface Chunk {
  readonly target: ModelEntry;
  readonly stack: NamedStack;
  readonly attack: Chosen<Attack>;
  readonly trials: readonly Trial[];
}

/**
 * Model × defense × attack × behavior. Harmful behaviors go through every attack; benign ones are asked directly,
 * to measure over-refusal and utility, even when the plan does not list the direct request as an attack.
 * Chunks of one model and attack hold the same behaviors behind every defense.
 */
export function chunksOf(resolved: ResolvedPlan, registries: Pick<Registries, 'attacks'>): readonly Chunk[] {
  const { plan, targets, stacks } = resolved;
  const columns = attackColumns(resolved, registries);
  let place = 0;
  return targets.flatMap((target) =>
    stacks.flatMap((stack) =>
      columns.flatMap(({ attack, behaviors }) =>
        chunked(behaviors, plan.concurrency).map((side): Chunk => ({
          target,
          stack,
          attack,
          trials: side.map((behavior) => ({
            place: place++,
            behavior,
            key: { model: target.id, behavior: behavior.id, attack: attack.method.id, defense: stack.name },
            seed: `${plan.seed}/${target.id}/${behavior.id}/${attack.method.id}`,
          })),
        })),
      ),
    ),
  );
}

function attackColumns({ attacks, behaviors }: ResolvedPlan, registries: Pick<Registries, 'attacks'>) {
  const harmful = behaviors.filter(({ kind }) => kind === 'harmful');
  const columns = attacks.map((attack) => ({
    attack,
    behaviors: attack.method.id === directRequest ? behaviors : harmful,
  }));
  const benign = behaviors.filter(({ kind }) => kind !== 'harmful');
  const listed = attacks.some(({ method }) => method.id === directRequest);
  return listed || benign.length === 0
    ? columns
    : [
        ...columns,
        { attack: chooseMethod(registries.attacks, { id: directRequest }, []), behaviors: benign },
      ];
}

const chunked = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

/** A checked plan and the trials it stands for. */
export interface ExpandedPlan {
  readonly resolved: ResolvedPlan;
  readonly chunks: readonly Chunk[];
  /** Number of trials. */
  readonly total: number;
}

/** @throws LabError as `parsePlan` and `resolvePlan` do */
export function expandPlan(input: unknown, registries: Registries): ExpandedPlan {
  const resolved = resolvePlan(parsePlan(input), registries);
  const chunks = chunksOf(resolved, registries);
  return { resolved, chunks, total: chunks.reduce((sum, { trials }) => sum + trials.length, 0) };
}
