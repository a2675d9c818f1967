/**
 * @file What a lesson is: steps of one idea each, with one thing to do in the real lab. What a step asks to be predicted is
 * settled by the result of that run, and so is whether the explanation after it holds.
 */
import type { PlanInput, MethodChoice } from '../../lab/plan/plan.ts';
import type { RelearningCurve } from '../../lab/records/insight.ts';
import type { AttackReply, ChatReply } from '../../lab/records/reply.ts';
import type { RunSummary } from '../../lab/records/summary.ts';
import type { TwoAnswers } from '../token-show/parting-words.ts';

/** One request to one model. */
export interface Ask {
  readonly title: string;
  /** Default: `tinytown-chat`. */
  readonly model?: string;
  /** Id of a behavior of the set `tinytown`, by which the answer is graded. */
  readonly behavior: string;
  /** Default: the behavior's own prompt. */
  readonly prompt?: string;
  readonly attack?: MethodChoice;
  readonly defenses?: readonly MethodChoice[];
}

/** Requests that are answered side by side. */
export interface AskActivity {
  readonly kind: 'ask';
  readonly asks: readonly Ask[];
  /** Evaluators whose verdicts are shown. Default: the one that knows the true steps. */
  readonly evaluators?: readonly string[];
}

/** One request answered plainly and with a decoding defense, token by token. */
export interface TokensActivity {
  readonly kind: 'tokens';
  readonly prompt: string;
  readonly defense: MethodChoice;
}

/** A search for a prompt, step by step. */
export interface AttackActivity {
  readonly kind: 'attack';
  readonly model: string;
  readonly behavior: string;
  readonly attack: MethodChoice;
}

/** A small matrix. */
export interface PlanActivity {
  readonly kind: 'plan';
  readonly plan: Pick<PlanInput, 'attacks' | 'defenses' | 'behaviors'> & {
    readonly targets?: readonly string[];
    readonly evaluators?: readonly string[];
  };
  /** Whether the rows for harmless requests are shown. */
  readonly harmless?: boolean;
  /** Whether the reader adds a stack of defenses of their own. */
  readonly builds?: boolean;
}

/**
 * How soon a model does harm when it is fine-tuned on a few harmful answers, as counts; before that it may be trained, and
 * the trained model is kept.
 */
export interface TrainActivity {
  readonly kind: 'train';
  readonly model: string;
  readonly training?: {
    readonly method: MethodChoice;
    /** Updates. */
    readonly steps: number;
    /** Of the trained model. */
    readonly title: string;
  };
  /** Updates on harmful answers after which the model, and the trained one beside it, are asked; 0 is the model as it is. */
  readonly at: readonly [0, ...number[]];
}

export type Activity = AskActivity | TokensActivity | AttackActivity | PlanActivity | TrainActivity;

/** What each kind of activity comes to. */
export interface Results {
  readonly ask: readonly ChatReply[];
  readonly tokens: TwoAnswers;
  readonly attack: AttackReply;
  readonly plan: RunSummary;
  /** One curve per model that was measured. */
  readonly train: readonly RelearningCurve[];
}
export type Kind = keyof Results;

export interface Prediction<R> {
  readonly question: string;
  /** By id. */
  readonly choices: Readonly<Record<string, string>>;
  /** The choice that came true. */
  readonly outcome: (result: R) => string;
  /** The choice that the explanation tells of. */
  readonly expected: string;
}

export interface StepOf<K extends Kind> {
  readonly title: string;
  /** One idea, at most 80 words; what stands between backticks is code. */
  readonly text: string;
  readonly prediction?: Prediction<Results[K]>;
  readonly activity: Extract<Activity, { kind: K }>;
  /** Explains the result, at most 80 words. */
  readonly after: string;
  /** Whether `after` holds for this result, beyond what was predicted. Default: it does. */
  readonly holds?: (result: Results[K]) => boolean;
}
export type Step = { readonly [K in Kind]: StepOf<K> }[Kind];

export interface Lesson {
  readonly id: string;
  readonly title: string;
  readonly minutes: number;
  /** What one can do or tell afterwards. */
  readonly goal: string;
  readonly steps: readonly Step[];
  /** For teachers: what to listen for, common mistakes, questions to go on with. */
  readonly notes: readonly string[];
}

/** A step, with the result of its activity typed. */
export const step = <K extends Kind>(one: StepOf<K>): StepOf<K> => one;

/** Whether the explanation of a step fits what its run came to. */
export function explains<K extends Kind>({ prediction, holds }: StepOf<K>, result: Results[K]): boolean {
  const asPredicted = !prediction || prediction.outcome(result) === prediction.expected;
  return asPredicted && (holds?.(result) ?? true);
}
