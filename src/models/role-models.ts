/** @file The models that a method works with: the target at its tier of access, and those that the plan assigns to roles. */
import type { ClassifierRole, LanguageRole } from '../core/method.ts';
import type { LanguageModel, ScoringModel, WhiteBoxModel } from './language-model.ts';
import type { TextClassifier } from './text-classifier.ts';

/** The models that the plan assigns to the roles a method needs, for the contexts of all kinds of methods. */
export interface RoleModels {
  /** @throws LabError 'bad-plan' for a role without a model */
  role(role: LanguageRole): LanguageModel;
  /** @throws LabError 'bad-plan' for a role without a classifier */
  classifier(role: ClassifierRole): TextClassifier;
}

/** The model type that a tier of access promises. */
export interface ModelOfAccess {
  readonly 'black-box': LanguageModel;
  readonly 'grey-box': ScoringModel;
  readonly 'white-box': WhiteBoxModel;
}
