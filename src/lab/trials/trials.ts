/** @file Which trials a plan or a request stands for, and in which order they are listed. */
import type { Behavior } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import { count } from '../../core/format.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { modesOf, type AttackMode } from '../plan/attack-mode.ts';
import { directRequest, parsePlan } from '../plan/plan.ts';
import type { TrialKey } from '../records/trial.ts';
import { chooseMethod, type NamedStack } from './choices.ts';
import type { Registries } from './registries.ts';
import { resolvePlan, type ResolvedPlan, type ResolvedRequest } from './resolve.ts';
import { deal } from './rounds.ts';
import { heldOut, type ChosenAttack } from './training.ts';

export interface Trial {
  /** Position in the plan's order, from 0. */
  readonly place: number;
  readonly key: TrialKey;
  readonly behavior: Behavior;
  /**
   * Names every random stream of the trial. The same behind every defense and in both modes, so that they are compared on
   * equal draws.
   */
  readonly seed: string;
}

/** Trials of one cell of the matrix that run side by side. The unit that is run, and run again after a crash. */
export interface Chunk {
  readonly target: ModelEntry;
  readonly stack: NamedStack;
  /** `null`: the behaviors are asked as they are. */
  readonly attack: ChosenAttack | null;
  readonly mode: AttackMode;
  /** Chunks of an earlier round run first. */
  readonly round: number;
  readonly trials: readonly Trial[];
}

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

/**
 * Model × defense × attack × behavior. Harmful behaviors go through every attack that did not learn from them; benign ones
 * are asked directly, to measure over-refusal and utility, even when the plan does not list the direct request as an
 * attack.
 * Behind a defense, an attack has the trials of each of the plan's modes.
 * Chunks of one model and attack hold the same behaviors behind every defense.
 */
function chunksOf(resolved: ResolvedPlan, registries: Registries): readonly Chunk[] {
  const { plan, targets, stacks } = resolved;
  const columns = attackColumns(resolved, registries);
  const cells = stacks.flatMap((stack) =>
    columns.flatMap(({ attack, behaviors }) =>
      modesOf(plan, { attack: attack.method.id, defense: stack.name }).map((mode) => ({
        ...{ stack, attack, mode },
        behaviors,
      })),
    ),
  );
  checkTotal(targets.length * cells.reduce((sum, { behaviors }) => sum + behaviors.length, 0));
  let start = 0;
  return targets.flatMap((target) =>
    cells.flatMap(({ behaviors, ...cell }) => {
      const within = { target, ...cell };
      const trials = behaviors.map((behavior, i) => trialOf(within, behavior, plan.seed, start + i));
      start += behaviors.length;
      return deal(behaviors, plan.concurrency).map(({ round, positions }): Chunk => ({
        ...within,
        round,
        trials: positions.map((position) => trials[position]!),
      }));
    }),
  );
}

/** Most trials of a plan; they are listed in memory. */
const mostTrials = 1_000_000;

/** @throws LabError 'bad-plan' before more trials are listed than fit in memory */
function checkTotal(total: number): void {
  if (total <= mostTrials) return;
  throw new LabError('bad-plan', `The plan has ${count(total)} trials; the limit is ${count(mostTrials)}.`, {
    advice:
      'Split it: fewer models, attacks, defenses or behaviors per plan, or shards ("shard" in the plan).',
  });
}

/** The one trial that a request stands for. */
export function chunkOfRequest(
  { target, stack, attack }: ResolvedRequest,
  { behavior, seed, mode }: { readonly behavior: Behavior; readonly seed: number; readonly mode: AttackMode },
) {
  const cell = { target, stack, attack, mode };
  return { ...cell, round: 0, trials: [trialOf(cell, behavior, seed, 0)] } satisfies Chunk;
}

/** @param seed of the plan or the request */
function trialOf(
  { target, stack, attack, mode }: Omit<Chunk, 'round' | 'trials'>,
  behavior: Behavior,
  seed: number,
  place: number,
): Trial {
  const attackId = attack?.method.id ?? 'none';
  return {
    place,
    behavior,
    key: { model: target.id, behavior: behavior.id, attack: attackId, defense: stack.name, mode },
    seed: `${seed}/${target.id}/${behavior.id}/${attackId}`,
  };
}

function attackColumns({ attacks, behaviors }: ResolvedPlan, registries: Registries) {
  const harmful = behaviors.filter(({ kind }) => kind === 'harmful');
  const columns = attacks.map((attack) => ({
    attack,
    behaviors: attack.method.id === directRequest ? behaviors : heldOut(attack, harmful),
  }));
  const benign = behaviors.filter(({ kind }) => kind !== 'harmful');
  const listed = attacks.some(({ method }) => method.id === directRequest);
  return listed || benign.length === 0
    ? columns
    : [
        ...columns,
        {
          attack: { ...chooseMethod(registries.attacks, { id: directRequest }, []), training: [] },
          behaviors: benign,
        },
      ];
}
