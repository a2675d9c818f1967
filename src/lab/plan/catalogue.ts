/** @file What the lab offers, as plain data: methods, models and behavior sets that a plan can name. */
import type { GradedField } from '../../core/behavior.ts';
import type { MethodCard, ModelRole } from '../../core/method.ts';
import type { InferenceStage } from '../../defenses/defense.ts';
import type { FinetuningMethod } from '../../finetuning/finetuning.ts';
import type { Measures } from '../../evaluators/evaluator.ts';
import type { BuildOffer } from '../../models/catalogue/offers.ts';
import type { KnownModel } from '../../models/catalogue/known-model.ts';
import type { KnownEntries } from './find-models.ts';
import type { BehaviorSetCard } from './set-card.ts';

export interface Catalogue extends KnownEntries {
  readonly attacks: readonly AttackCard[];
  readonly defenses: readonly DefenseCard[];
  readonly evaluators: readonly EvaluatorCard[];
  /** Methods that change the weights of a model before it is used. */
  readonly finetunings: readonly FinetuningCard[];
  /** What models can be fine-tuned on without data of one's own. */
  readonly trainingData: readonly { readonly id: string; readonly title: string }[];
  /** Well-known models, whether this device can run them or not. */
  readonly known: readonly KnownModelCard[];
  /** The default model of each role. */
  readonly roles: Readonly<Record<ModelRole, string>>;
  readonly sets: readonly BehaviorSetCard[];
}

export interface KnownModelCard extends KnownModel {
  /** What this app can do with each build. */
  readonly offers: readonly BuildOffer[];
}

export interface AttackCard extends MethodCard {
  /** True if it can make a prompt without any model. */
  readonly mutates: boolean;
  /** Id of the attack that spends as many queries without its idea; absent for one that does not search. */
  readonly baseline?: string;
}

export interface DefenseCard extends MethodCard {
  readonly stage: InferenceStage;
  /** Labels of the mitigation taxonomy. */
  readonly taxonomy: readonly string[];
  /** True if it learns about the model before it defends it. */
  readonly learns: boolean;
}

export interface FinetuningCard
  extends MethodCard, Pick<FinetuningMethod, 'purpose' | 'recipe' | 'reads' | 'taxonomy'> {
  /** It cannot train adapters. */
  readonly setsWeights?: boolean;
}

export interface EvaluatorCard extends MethodCard {
  readonly measures: Measures;
  /** A value at or above this counts as "yes" when rates are formed. */
  readonly yesFrom: number;
  /** What it grades by: it can tell nothing of behaviors without it. */
  readonly gradesBy?: GradedField;
  /** It knows the truth about the answers that it scores. */
  readonly exact?: true;
}
