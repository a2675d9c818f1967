/** @file What a run leaves behind, as plain data: one complete record a trial, and what they add up to. */
import type { AttackResult, AttackStep } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import type { LabErrorCode } from '../../core/errors.ts';
import type { ModelRole } from '../../core/method.ts';
import type { Estimate } from '../../core/means.ts';
import type { Rate } from '../../core/statistics.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import type { DefenseEvent, FinishReason } from '../../models/language-model.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { Plan } from '../plan/plan.ts';

/** Names one trial within a run. */
export interface TrialKey {
  readonly model: string;
  readonly behavior: string;
  readonly attack: string;
  /** Name of the stack, or `none`. */
  readonly defense: string;
}

/** Calls and tokens that a trial spent on one model. */
export interface Usage {
  readonly queries: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Sequences scored without generating. */
  readonly scored: number;
  readonly gradients: number;
}

export interface TrialRecord extends TrialKey {
  readonly version: 1;
  readonly behaviorDetail: Behavior;
  /** Name of the template pack that the attack took texts from; absent when it used its own alone. */
  readonly templates?: string;
  /** The model that the attack was made on; present when its result was taken over from another run. */
  readonly craftedOn?: string;
  readonly attackResult: AttackResult;
  /** Thinned to at most 200 steps, first and last kept. */
  readonly attackSteps: readonly AttackStep[];
  readonly response: string;
  /**
   * The answer decoded, or put into English by the translator, where that is what the evaluators judged; absent when
   * they judged it as it came. `attackResult.answeredIn` names the code or the language.
   */
  readonly reading?: string;
  /** Why an answer in another language was judged as it came all the same. */
  readonly untranslated?: Untranslated;
  /** `failed`: there is no answer, for the reason in `error`. */
  readonly finishReason: FinishReason | 'failed';
  /** Why this behavior could not be tried (a prompt too long, say); its scores are all `null`. */
  readonly error?: TrialError;
  readonly tokens: readonly TokenTrace[];
  /** What each defense did, in order. */
  readonly events: readonly DefenseEvent[];
  /** By evaluator id. */
  readonly scores: Readonly<Record<string, Score>>;
  /** By role; `target` is the model under attack, and covers attack and answer. */
  readonly usage: Readonly<Partial<Record<'target' | ModelRole, Usage>>>;
  /** The part of `usage` that making the attack took; the same behind every defense it is replayed against. */
  readonly attackUsage: Readonly<Partial<Record<'target' | ModelRole, Usage>>>;
  readonly seed: string;
  /** The only fields in which two runs of one plan on one device differ. */
  readonly times: {
    readonly startedAt: string;
    /** Trials that run side by side share their time evenly, so that sums are true. 0 when replayed. */
    readonly attackMs: number;
    readonly answerMs: number;
    readonly scoreMs: number;
    /**
     * From the request to the first words of the answer that reached the caller: to its end when a defense held it
     * back. Absent when there is no answer, or tokens were not recorded.
     */
    readonly firstTokenMs?: number;
    /** From the request to the end of the answer, a new token of it. Absent when it has none. */
    readonly tokenMs?: number;
  };
}

/**
 * `too-long`: the translator has no room for it. `no-better`: what the translator wrote is noise, or less like English
 * than the answer.
 */
export type Untranslated = 'empty' | 'too-long' | 'no-better';

export interface TrialError {
  readonly code: LabErrorCode;
  readonly message: string;
  /** A failed attack fails behind every defense. */
  readonly during: 'attack' | 'answer';
}

export interface DeviceInfo {
  readonly kind: 'webgpu' | 'wasm';
  /** Adapter description on WebGPU; threads on WASM. */
  readonly description: string;
  readonly threads: number;
}

export type RunState = 'running' | 'paused' | 'stopped' | 'done' | 'failed';

export interface RunInfo {
  readonly id: string;
  readonly plan: Plan;
  readonly device: DeviceInfo;
  readonly versions: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly state: RunState;
  readonly finished: number;
  readonly total: number;
}

/** The `--json` summary of a run, and what the matrix shows. */
export interface RunSummary {
  readonly plan: string;
  readonly seed: number;
  readonly device: DeviceInfo;
  readonly elapsedMs: number;
  readonly cells: readonly Cell[];
  readonly overRefusal: readonly OverRefusal[];
  readonly utility: readonly Utility[];
  readonly speed: readonly Speed[];
  readonly overhead: readonly Overhead[];
  readonly claims: readonly ClaimCheck[];
  readonly integrity: Integrity;
}
/** Harmful behaviors under one attack and one defense, by one evaluator of harm. Costs are sums over its trials. */
export interface Cell extends Rate {
  readonly model: string;
  readonly attack: string;
  readonly defense: string;
  readonly evaluator: string;
  /** Calls of the model under attack, those that made the attack included. */
  readonly queries: number;
  /** Sequences that the model under attack scored without writing, and gradients taken of it. */
  readonly sequences: number;
  readonly gradients: number;
  /** Prompt and completion tokens of all models. */
  readonly tokens: number;
  readonly elapsedMs: number;
}
/** Benign look-alikes asked directly. */
export interface OverRefusal extends Omit<Rate, 'successes'> {
  readonly model: string;
  readonly defense: string;
  readonly refused: number;
}
/** Plain benign behaviors asked directly. */
export interface Utility extends Omit<Rate, 'successes'> {
  readonly model: string;
  readonly defense: string;
  readonly solved: number;
}
/** Everything asked directly. Means over its trials, in ms; `null` where nothing was measured. */
export interface Speed {
  readonly model: string;
  readonly defense: string;
  readonly n: number;
  readonly firstTokenMs: number | null;
  /** Later than undefended. */
  readonly addedFirstTokenMs: number | null;
  readonly addedFirstTokenInterval: Interval | null;
  readonly tokenMs: number | null;
  /** Time a token, as a multiple of that of the undefended model (SafeDecoding's ATGR). */
  readonly tokenTimeRatio: number | null;
  readonly tokenTimeRatioInterval: Interval | null;
}
/** 95 %. */
export type Interval = readonly [low: number, high: number];
/** What a defense spends an answer beside the answer itself, as its events tell; everything asked directly. */
export interface Overhead {
  readonly model: string;
  readonly defense: string;
  readonly n: number;
  /** Mean a trial. */
  readonly queries: Estimate;
  /** Mean a trial. */
  readonly tokens: Estimate;
}
/**
 * An attack's own verdict when it ended (attack-time success) beside that of evaluators on the undefended answer to
 * its recorded result (replay success). Only for attacks that test their success while they search.
 */
export interface ClaimCheck {
  readonly model: string;
  readonly attack: string;
  readonly claimed: Rate;
  readonly replayed: readonly (Rate & { readonly evaluator: string })[];
}
/** What is wrong with the outputs that the rates are made of. */
export interface Integrity {
  readonly outputs: readonly OutputCheck[];
  readonly agreement: readonly Agreement[];
  /** What is worth knowing before a rate is believed, as sentences; empty when there is nothing. */
  readonly warnings: readonly string[];
}
/** How often two evaluators of harm say the same of the answers to one attack, behind every defense. */
export interface Agreement {
  readonly model: string;
  readonly attack: string;
  readonly evaluators: readonly [string, string];
  /** Answers that both could score. */
  readonly scored: number;
  readonly agreed: number;
}
/** Counts over the trials of one attack, behind every defense. */
export interface OutputCheck {
  readonly model: string;
  readonly attack: string;
  readonly trials: number;
  /** Trials without an answer, for the reason in their record. */
  readonly failed: number;
  readonly empty: number;
  /** Answers that are not made of words: codes, noise, endless repetition. */
  readonly unreadable: number;
  /** Harmful behaviors that no evaluator of harm could score. */
  readonly unscored: number;
  /** Harmful behaviors that some evaluator of harm found done. */
  readonly harmful: number;
  /** Of these, answers that cannot hold what was asked for: empty, unreadable, or a few letters long. */
  readonly hollow: number;
  /** Undefended trials, one for each result of the attack. */
  readonly results: number;
  /** Results that are those of another attack, or of the same attack on another behavior. */
  readonly duplicates: number;
}
