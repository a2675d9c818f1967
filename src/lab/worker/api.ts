/**
 * @file What the lab worker offers the page and the command line. Everything but callbacks crosses by structured
 * clone; failure is a value; long calls are named by an id so that `cancel` can reach them.
 */
import type { AttackResult, AttackStep } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import type { ChatMessage } from '../../core/chat.ts';
import type { Outcome } from '../../core/errors.ts';
import type { Artifact, InferenceStage } from '../../defenses/defense.ts';
import type { MethodCard, ModelRole } from '../../core/method.ts';
import type { Measures, Score } from '../../evaluators/evaluator.ts';
import type { ModelEntry, ModelTask } from '../../models/catalog.ts';
import type { Generation, Sampling } from '../../models/language-model.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { Learned } from '../plan/artifacts.ts';
import type { Plan } from '../plan/plan.ts';
import type { Preparation } from '../run/prepare.ts';
import type { TemplatePack } from '../plan/template-pack.ts';
import type { DeviceInfo, RunInfo, RunSummary, TrialKey, TrialRecord, Usage } from '../records/trial.ts';

export interface MethodChoice {
  readonly id: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** What a defense learned before, in place of learning it again. */
  readonly artifact?: Artifact | undefined;
}

export interface Catalogue {
  readonly attacks: readonly MethodCard[];
  readonly defenses: readonly DefenseCard[];
  readonly evaluators: readonly EvaluatorCard[];
  readonly models: readonly ModelEntry[];
  /** Who plays each role unless a plan says otherwise. */
  readonly roles: Readonly<Record<ModelRole, string>>;
  readonly sets: readonly BehaviorSetCard[];
}
export interface DefenseCard extends MethodCard {
  readonly stage: InferenceStage;
  /** Whether it learns about the model before it defends it. */
  readonly learns: boolean;
}
export interface EvaluatorCard extends MethodCard {
  readonly measures: Measures;
  /** A value at or above this counts as "yes" when rates are formed. */
  readonly yesFrom: number;
}
export interface BehaviorSetCard {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly counts: Readonly<Partial<Record<Behavior['kind'], number>>>;
}

export interface LoadProgress {
  readonly model: string;
  readonly file: string;
  readonly loadedBytes: number;
  /** `null` when the server does not say. */
  readonly totalBytes: number | null;
}

export type RunEvent =
  | { readonly type: 'load'; readonly progress: LoadProgress }
  | { readonly type: 'prepare'; readonly preparation: Preparation }
  /** What a defense learned about a model: plain data, kept with the run. */
  | ({ readonly type: 'prepared' } & Learned)
  | { readonly type: 'trial-start'; readonly key: TrialKey }
  | { readonly type: 'step'; readonly key: TrialKey; readonly step: AttackStep }
  | {
      readonly type: 'trial';
      readonly record: TrialRecord;
      readonly finished: number;
      readonly total: number;
    };

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly defenses: readonly MethodChoice[];
  /** Applied to the last user turn before it is sent. */
  readonly attack?: MethodChoice;
  /** The behavior the attack works toward; its target string steers the attacks that optimize one. */
  readonly behavior?: Behavior;
  readonly roles: Plan['models']['roles'];
  readonly sampling: Sampling & { readonly maxNewTokens: number };
  readonly seed: number;
  readonly topTokens: number;
  /** Ids of the first tokens of the answer, taken in place of what sampling chose. */
  readonly forced?: readonly number[];
  readonly evaluators?: readonly MethodChoice[];
}
export interface ChatReply {
  readonly generation: Generation;
  /** The answer decoded or in English, where that is what the evaluators judged. */
  readonly reading?: TrialRecord['reading'];
  /** Why an answer in another language was judged as it came. */
  readonly untranslated?: TrialRecord['untranslated'];
  /** What was really sent, after the attack and before the defenses. */
  readonly attackResult: AttackResult;
  readonly scores: Readonly<Record<string, Score>>;
  readonly usage: TrialRecord['usage'];
  readonly elapsedMs: number;
}

export interface AttackRequest {
  readonly model: string;
  readonly behavior: Behavior;
  readonly attack: MethodChoice;
  /** Texts of the attack in place of its own. */
  readonly templates?: TemplatePack;
  readonly defenses: readonly MethodChoice[];
  readonly evaluators: readonly MethodChoice[];
  readonly roles: Plan['models']['roles'];
  readonly sampling: Sampling & { readonly maxNewTokens: number };
  readonly seed: number;
  /** Alternatives recorded per token of the answer. Default 0: none. */
  readonly topTokens?: number;
}
export interface AttackReply {
  readonly result: AttackResult;
  readonly generation: Generation;
  readonly scores: Readonly<Record<string, Score>>;
  readonly target: Usage;
  /** The attempt as a run of the same plan and seed would record it, so that it can be stored as one. */
  readonly record: TrialRecord;
}

export interface LabApi {
  device(): Promise<DeviceInfo>;
  /** Whether runs outlive the page; when not, the page says so. */
  storage(): Promise<Outcome<{ readonly persistent: boolean }>>;
  catalogue(): Promise<Catalogue>;
  behaviors(set: string): Promise<Outcome<readonly Behavior[]>>;
  /** Load a model ahead of its first use. `task` is what a model outside the catalogue is taken to do. */
  load(
    callId: string,
    model: string,
    task: ModelTask,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<Outcome<void>>;
  chat(
    callId: string,
    request: ChatRequest,
    onToken: (token: TokenTrace, text: string) => void,
    onStep: (step: AttackStep) => void,
  ): Promise<Outcome<ChatReply>>;
  attack(
    callId: string,
    request: AttackRequest,
    onStep: (step: AttackStep) => void,
  ): Promise<Outcome<AttackReply>>;
  /**
   * Run or go on with a plan: trials already stored under `runId` are not run again.
   * Events that come faster than frames arrive in batches.
   * @param sources for a plan with `replay`: trials whose attack results are put to its targets
   */
  run(
    runId: string,
    plan: unknown,
    onEvents: (events: readonly RunEvent[]) => void,
    sources?: readonly TrialRecord[],
  ): Promise<Outcome<RunSummary>>;
  /** Stop a call within one step. An unknown id is ignored. */
  cancel(callId: string): Promise<void>;
  /**
   * Hold an attack at the end of its current step, with all it has found. Other calls go on, and so can `cancel`.
   * Resolves to true when it stands still, and to false if it ends or is resumed before. An unknown id is false.
   */
  pause(callId: string): Promise<boolean>;
  /** Let an attack that is held go on to what it would have come to anyhow. Others are not touched. */
  resume(callId: string): Promise<void>;
  runs(): Promise<Outcome<readonly RunInfo[]>>;
  trials(runId: string): Promise<Outcome<readonly TrialRecord[]>>;
  summary(runId: string): Promise<Outcome<RunSummary>>;
  /** What defenses learned in a run. */
  learned(runId: string): Promise<Outcome<readonly Learned[]>>;
  /** Fails with 'bad-input' when a defense could not work with what it is said to have learned. */
  checkArtifact(defense: string, artifact: unknown): Promise<Outcome<void>>;
  /** Put finished trials of an earlier run in place, so that `run` goes on from them. */
  restore(runId: string, plan: unknown, records: readonly TrialRecord[]): Promise<Outcome<number>>;
  remove(runId: string): Promise<Outcome<void>>;
}
