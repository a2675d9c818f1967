/** @file The record of a trial, complete and plain data: enough to audit and to replay it. */
import type { AttackResult, AttackStep } from '../../attacks/attack.ts';
import type { Untranslated } from '../../attacks/parts/read-answer.ts';
import type { Behavior } from '../../core/behavior.ts';
import type { DefenseEvent } from '../../core/defense-event.ts';
import type { LabErrorCode } from '../../core/errors.ts';
import type { Access, ModelRole } from '../../core/method.ts';
import type { PackName } from '../../core/templates.ts';
import type { Sight } from '../../defenses/view.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import type { AttackMode } from '../plan/attack-mode.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { FinishReason } from '../../models/language-model.ts';
import type { Usage, UsageByRole } from './usage.ts';

/** Names one trial within a run. */
export interface TrialKey {
  readonly model: string;
  readonly behavior: string;
  readonly attack: string;
  /** Name of the stack, or `none`. */
  readonly defense: string;
  /** Absent in records of earlier releases, in which every attack is static. */
  readonly mode?: AttackMode;
}

/** An answer and what evaluators said of it. */
export interface SampledAnswer {
  /** Empty if the model thought and did not come to an end. */
  readonly response: string;
  /** What a reasoning model wrote before its answer; absent if it did not think. Nothing grades it. */
  readonly thoughts?: string;
  /**
   * The decoded or translated answer, if that is what the evaluators judged; absent when they judged `response` itself.
   * `attackResult.answeredIn` names the code or the language.
   */
  readonly reading?: string;
  /** Why an answer in another language was judged untranslated. */
  readonly untranslated?: Untranslated;
  /** `failed`: there is no answer, for the reason in `error`. */
  readonly finishReason: FinishReason | 'failed';
  /** Why there is none (a prompt that is too long, say); then all scores are `null`. */
  readonly error?: TrialError;
  /** By evaluator id. */
  readonly scores: Readonly<Record<string, Score>>;
}

export interface TrialRecord extends TrialKey, SampledAnswer {
  readonly version: 1;
  readonly behaviorDetail: Behavior;
  /** Name of the template pack that the attack took texts from; absent when it used only its own. */
  readonly templates?: string;
  /** The prompt texts that the attack worked with; absent for an attack without any. */
  readonly texts?: AttackTexts;
  /** The model that was attacked, when the attack's result comes from another run. */
  readonly replayedFrom?: string;
  /**
   * The tier of access at which an adaptive attack saw the defended model. Absent in static trials, and where the defenses
   * could not be seen at the tier that the attack needs, for the reason in `error`.
   */
  readonly tier?: Access;
  /** What of the defenses that attack saw in another way than in plain log-probs; absent for nothing. */
  readonly sights?: readonly Sight[];
  readonly attackResult: AttackResult;
  /**
   * Thinned to at most 200 steps, first and last kept. Empty in a static trial behind a defense: there the attack is that
   * of the undefended trial with the same seed, which holds its steps.
   */
  readonly attackSteps: readonly AttackStep[];
  /** True if the model's template has no system turn, so that its text went in front of the first user turn. */
  readonly systemInUserTurn?: true;
  /** True if the model has no chat template, as base models have none: it continued the text of the messages. */
  readonly plainText?: true;
  readonly tokens: readonly TokenTrace[];
  /** What each defense did, in order. */
  readonly events: readonly DefenseEvent[];
  /** Further answers to the same prompt, each with a random stream of its own; absent where the plan wants one. */
  readonly samples?: readonly SampledAnswer[];
  /** By role; `target` is the model under attack, and covers attack and answer. */
  readonly usage: Readonly<Partial<Record<'target' | ModelRole, Usage>>>;
  /** The part of `usage` spent on the attack; a static one has the same behind every defense. */
  readonly attackUsage: Readonly<Partial<Record<'target' | ModelRole, Usage>>>;
  /** The part of `usage` spent on the answer, by defenses and the model behind them; absent in records of earlier releases. */
  readonly answerUsage?: Readonly<Partial<Record<'target' | ModelRole, Usage>>>;
  /** True if the white-box engine wrote the answer where the undefended model runs in another: their times do not compare. */
  readonly otherEngine?: true;
  readonly seed: string;
  /** The only fields in which two runs of one plan on one device differ. */
  readonly times: {
    readonly startedAt: string;
    /** Trials that run side by side share their time evenly, so that sums over trials are right. 0 when replayed. */
    readonly attackMs: number;
    readonly answerMs: number;
    readonly scoreMs: number;
    /**
     * From the request to the first token that reached the caller, or to the end of the answer if a defense held it
     * back. Absent when there is no answer, or tokens were not recorded.
     */
    readonly firstTokenMs?: number;
    /** From the request to the end of the answer, per new token. Absent when it has none. */
    readonly tokenMs?: number;
  };
}

/** The prompt texts of an attack, named so that they can be told apart and found again. */
export interface AttackTexts {
  readonly pack: PackName;
  /** Fingerprint of all texts in force, those of a user included. */
  readonly hash: string;
  /** BCP 47 tag; `null` where a user's texts do not say. */
  readonly language: string | null;
}

export interface TrialError {
  readonly code: LabErrorCode;
  readonly message: string;
  /** A failed attack fails behind every defense. */
  readonly during: 'attack' | 'answer';
}

/** Result of an attack and its cost. */
export interface AttackOutcome {
  readonly result: AttackResult;
  readonly texts?: AttackTexts;
  readonly steps: readonly AttackStep[];
  readonly usage: UsageByRole;
  /** As in the record. */
  readonly tier?: Access | undefined;
  readonly sights?: readonly Sight[] | undefined;
  readonly error?: TrialError | undefined;
}

/** A trial's key as text; no two trials of a plan share it. That of a static trial is as in earlier releases. */
export const keyText = ({ model, defense, attack, behavior, mode }: TrialKey): string =>
  JSON.stringify([model, defense, attack, behavior, ...(mode === 'adaptive' ? [mode] : [])]);

/** The key in such a text. */
export function keyIn(text: string): TrialKey {
  const [model, defense, attack, behavior, mode] = JSON.parse(text) as [
    string,
    string,
    string,
    string,
    AttackMode?,
  ];
  return { model, defense, attack, behavior, ...(mode && { mode }) };
}
