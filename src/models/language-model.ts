/**
 * @file What the lab asks of a language model, in three tiers of access: each tier is one file and extends the one
 * before. Methods import the contract from here; the parts of it that `decoding/` needs are declared there.
 */
export type {
  FinishReason,
  GenerateOptions,
  Generation,
  LanguageModel,
  Watch,
} from './contract/black-box.ts';
export {
  isScoring,
  type ScoringModel,
  type ScoringOptions,
  type ScoringRequest,
} from './contract/grey-box.ts';
export {
  isWhiteBox,
  type EditedModel,
  type Learner,
  type Cotangent,
  type Cotangents,
  type LearnerOptions,
  type MatrixGradients,
  type MatrixOptions,
  type SpanRequest,
  type TrainingRow,
  type WhiteBoxModel,
} from './contract/white-box.ts';
export type {
  HiddenGradient,
  Shifts,
  TrainerOptions,
  TrainerState,
  Training,
  TrainingBatch,
  TrainingStep,
} from './contract/training.ts';
export type { Tensor } from './contract/tensor.ts';
export type { ModelEdit, ResidualEdit } from './contract/edit.ts';
export type { Abortable } from './decoding/abort.ts';
export { greedy, type Sampling } from './decoding/sampler.ts';
export type { DecodeSession, DecodeSource } from './decoding/session.ts';
