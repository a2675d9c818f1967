/**
 * @file The contract of a fine-tuning method: what each update of a model's weights is made of. Training-time defenses are
 * such methods, and so are attacks on weights.
 */
import type { MethodCard } from '../core/method.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import type { TrainingData } from '../core/training-data.ts';
import type { Abortable, Learner, Tensor, TrainingBatch, WhiteBoxModel } from '../models/language-model.ts';

export const dataKinds = ['benign', 'safe', 'harmful', 'preferences'] as const;
/** `safe` and `harmful`: answers of that kind to harmful requests. */
export type DataKind = (typeof dataKinds)[number];

export interface FinetuningContext extends Abortable {
  /** As it was before training; it does not change. */
  readonly model: WhiteBoxModel;
  readonly training: Omit<Learner, 'learn' | 'adapters' | 'dispose'>;
  /** None of it is among what the model is tested on afterwards. */
  readonly data: TrainingData;
  /** Draws for update `i` come from `random.fork(i)`, so that training goes on from any update as without a break. */
  readonly random: Random;
  /** How many updates there will be. */
  readonly steps: number;
}

export interface Update {
  readonly batches: readonly TrainingBatch[];
  /**
   * What tells how it goes, before the update; nats where they are losses. Without a `loss`, that of the batches is the loss
   * of the method.
   */
  readonly figures?: Readonly<Record<string, number>>;
  /** Weights to put in the place of those of the same name, in place of a step down a gradient; then there is no batch. */
  readonly weights?: ReadonlyMap<string, Tensor>;
}

/** Lists of numbers by name, which JSON holds without loss. */
export type Memory = Readonly<Record<string, readonly number[]>>;

export interface Objective {
  /** What update `index`, from 0, is made of, given the model as it stands. */
  update(index: number): Promise<Update>;
  /** What the next update depends on besides its index and the model; absent where that is nothing. */
  readonly memory?: {
    read(): Memory;
    /** @throws LabError 'bad-input' if it is none of this method's */
    restore(memory: Memory): void;
  };
}

export interface Recipe {
  readonly learningRate: number;
  readonly steps: number;
  readonly warmupSteps: number;
}

export interface FinetuningDefinition<S extends OptionsSpec> extends MethodCard {
  readonly access: 'white-box';
  readonly stage: 'training';
  /** A defense hardens the model; an attack shows what a hardened one is worth. */
  readonly purpose: 'defense' | 'attack';
  /** Labels of the mitigation taxonomy; none for an attack. */
  readonly taxonomy: readonly string[];
  /** True if its updates give weights, which low-rank adapters have no place for. */
  readonly setsWeights?: boolean;
  /** Settings that the method begins from, chosen on tasks that are neither trained on nor tested. */
  readonly recipe: Recipe;
  /** What the method cannot do without. */
  readonly reads: readonly DataKind[];
  readonly options: S;
  /** @throws LabError 'bad-input' for data it cannot use */
  objective(options: OptionValues<S>, context: FinetuningContext): Promise<Objective>;
}

export type FinetuningMethod = FinetuningDefinition<OptionsSpec>;

export const defineFinetuning = <const S extends OptionsSpec>(
  definition: FinetuningDefinition<S>,
): FinetuningMethod => definition as unknown as FinetuningMethod;

/** Labels of the mitigation taxonomy for methods that change the weights before the model is used. */
const changesModel: readonly string[] = ['Model', 'Alignment', 'Build and Use Model', 'Developer', 'Manage'];

/** What the cards of all training-time defenses have in common. */
export const trainingDefense = {
  access: 'white-box',
  stage: 'training',
  purpose: 'defense',
  taxonomy: changesModel,
  needs: [],
} as const;
