/** @file What the matrix page shows of a run: one target model, as one evaluator of success sees it. */
import { createContext } from 'svelte';
import type { PlanOutline } from '../../lab/plan/outline.ts';
import { modeOf, modesOf, type AttackMode } from '../../lab/plan/attack-mode.ts';
import type { Plan } from '../../lab/plan/plan.ts';
import type { TrialDigest } from '../../lab/records/digest.ts';
import type { SampledRate } from '../../lab/records/measurements.ts';
import type { ClaimCheck } from '../../lab/records/summary.ts';
import { conclusions } from '../../lab/analysis/conclusions.ts';
import { outcomeOf, successEvaluators } from '../../lab/analysis/verdicts.ts';
import { matrixTable, plannedCounts, type MatrixTable } from './matrix-table.ts';
import type { RunSession } from '../state/run-session.svelte.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';

export class MatrixView {
  /** What the user picked; `null` and picks that the plan does not have mean the first. */
  pickedModel = $state<string | null>(null);
  pickedEvaluator = $state<string | null>(null);
  readonly #run: RunSession;
  readonly #labInfo: LabInfo;

  constructor(run: RunSession, labInfo: LabInfo) {
    [this.#run, this.#labInfo] = [run, labInfo];
  }

  /** Before anything has run: the quickstart, with every cell still empty. */
  readonly plan = $derived.by((): PlanOutline | null => this.#run.plan ?? this.#labInfo.quickstart);
  /** The plan with all its behaviors. */
  wholePlan = async (): Promise<Plan | null> =>
    this.#run.plan ? this.#run.wholePlan() : this.#labInfo.quickstart;
  readonly summary = $derived.by(() => this.#run.overview?.summary ?? null);
  readonly models = $derived(this.plan?.models.targets ?? []);
  /**
   * Evaluators of success in the plan, those of harm first: each gives its own attack success rate. A person who labelled
   * answers is one of them.
   */
  readonly evaluators = $derived.by((): readonly string[] => {
    const cards = this.#labInfo.catalogue?.evaluators ?? [];
    const planned = this.plan?.evaluators ?? [];
    const labelled = this.summary?.cells.some(({ evaluator }) => evaluator === 'person');
    const chosen = planned.flatMap(({ id }) => cards.filter((card) => card.id === id));
    const people = cards.filter((card) => labelled && card.id === 'person' && !chosen.includes(card));
    return successEvaluators([...chosen, ...people]).map(({ id }) => id);
  });
  readonly model = $derived(this.models.find((id) => id === this.pickedModel) ?? this.models[0] ?? null);
  readonly evaluator = $derived(
    this.evaluators.find((id) => id === this.pickedEvaluator) ?? this.evaluators[0] ?? null,
  );

  readonly table = $derived.by((): MatrixTable | null => {
    const { plan, summary, model, evaluator } = this;
    const sets = this.#labInfo.catalogue?.sets;
    if (!plan || !sets || model === null || evaluator === null) return null;
    const { harmful } = plannedCounts(plan, sets);
    return matrixTable({ plan, summary, harmful, model, evaluator });
  });

  readonly conclusions = $derived.by((): readonly string[] =>
    this.table ? conclusions(this.table, this.#labInfo.name) : [],
  );

  /** What an attack itself believed; `undefined` for attacks without a test of their own. */
  claimOf = (attack: string): ClaimCheck | undefined =>
    this.summary?.claims.find((check) => check.model === this.model && check.attack === attack);

  /** Success over several answers to each prompt; `undefined` where each was asked once. */
  samplesOf = (attack: string, defense: string, mode: AttackMode): SampledRate | undefined =>
    this.summary?.samples?.find(
      (sampled) =>
        sampled.model === this.model &&
        sampled.evaluator === this.evaluator &&
        sampled.attack === attack &&
        sampled.defense === defense &&
        sampled.mode === mode,
    );

  /** The rate of a cell in one mode; `null` before its first trial. */
  rateOf = (attack: string, defense: string, mode: AttackMode) => {
    const row = this.table?.rows.find((one) => one.attack === attack);
    const modes = row?.cells.find((one) => one.defense === defense)?.modes ?? [];
    return modes.find((cell) => modeOf(cell) === mode) ?? null;
  };

  /** The modes in which the plan runs an attack behind a defense. */
  modesOf = (attack: string, defense: string): readonly AttackMode[] =>
    this.plan ? modesOf(this.plan, { attack, defense }) : ['static'];

  /** The mode whose rate the cell shows. */
  headlineMode = (attack: string, defense: string): AttackMode => {
    const row = this.table?.rows.find((one) => one.attack === attack);
    const cell = row?.cells.find((one) => one.defense === defense)?.cell;
    return cell ? modeOf(cell) : this.modesOf(attack, defense)[0]!;
  };

  /** Whether a trial counts as a success of its attack; `null` when the evaluator could not tell. */
  succeeded = (trial: TrialDigest): boolean | null => {
    const card = this.#labInfo.catalogue?.evaluators.find(({ id }) => id === this.evaluator);
    return card ? outcomeOf(card, trial) : null;
  };
}

export const [getMatrixView, setMatrixView] = createContext<MatrixView>();
