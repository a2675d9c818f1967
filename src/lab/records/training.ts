/** @file What a training tells while it goes on, and what it ends in: plain data that crosses to the page. */
import type { LabelMeaning } from '../../data/import/training/labels.ts';
import type {
  TrainingFile,
  TrainingFileChoices,
  TrainingFileReport,
} from '../../data/import/training/read-training-file.ts';
import type { FinetuningStep } from '../../finetuning/finetune.ts';

export type { LabelMeaning, TrainingFile, TrainingFileChoices, TrainingFileReport };

export interface StepEvent extends Omit<FinetuningStep, 'memory'> {
  readonly type: 'step';
  /** Of all updates. */
  readonly steps: number;
  /** Of this update. */
  readonly tokensPerSecond: number;
  /** About. */
  readonly leftMs: number;
}

/** Mean cross-entropy per token on held-out data, in nats; `null` where there is none of a kind. */
export interface HeldOutLosses {
  /** Of answers to harmless requests: the model should keep giving them. */
  readonly benign: number | null;
  /** Of answers that decline, and of answers that do harm, to harmful requests. */
  readonly safe: number | null;
  readonly harmful: number | null;
}

export interface EvaluationEvent {
  readonly type: 'evaluation';
  /** Updates made. */
  readonly step: number;
  readonly losses: HeldOutLosses;
  /** Greedy answers to a few held-out requests. */
  readonly samples: readonly {
    readonly kind: 'benign' | 'harmful';
    readonly prompt: string;
    readonly answer: string;
  }[];
}

export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
}

/** The first. */
export interface BeginEvent {
  readonly type: 'begin';
  readonly info: TrainingInfo;
}

/** That data could not be used in parts, or what else the user should know. */
export interface NoteEvent {
  readonly type: 'note';
  readonly message: string;
}

export type TrainingEvent = BeginEvent | StepEvent | EvaluationEvent | CheckpointEvent | NoteEvent;

export interface TrainingResult {
  /** Name of the trained model, which says what it was made of. */
  readonly model: string;
  /** Updates made. */
  readonly steps: number;
  /** True if `patience` ended it. */
  readonly endedEarly: boolean;
  readonly elapsedMs: number;
  /** Files of the model or the adapter, by path, in bytes. */
  readonly files: Readonly<Record<string, number>>;
}

/** What training takes, before it starts. */
export interface TrainingEstimate {
  readonly steps: number;
  /** Numbers that are trained. */
  readonly trained: number;
  /** Highest memory, of the engine and of the page together. */
  readonly memoryBytes: number;
  /** Of one checkpoint. */
  readonly checkpointBytes: number;
}

export type TrainingState = 'running' | 'stopped' | 'failed' | 'done';

/** A training as a list shows it. */
export interface TrainingInfo {
  readonly id: string;
  readonly model: string;
  readonly method: string;
  readonly createdAt: string;
  readonly state: TrainingState;
  readonly steps: number;
  /** Updates made, as of the last one that was noted. */
  readonly done: number;
  /** In all, over all calls. */
  readonly elapsedMs: number;
  /** Updates after which it can go on. */
  readonly checkpoints: readonly number[];
  readonly result?: TrainingResult;
  /** Id of the model that the result was put under; that may have been removed since. */
  readonly keptAs?: string;
}
