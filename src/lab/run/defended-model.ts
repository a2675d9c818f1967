/** @file The target behind its defenses. */
import type { AttackResult } from '../../attacks/attack.ts';
import type { Access } from '../../core/method.ts';
import { stack, stackView, type StackView } from '../../defenses/stack.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { ChosenDefense } from '../trials/choices.ts';
import { needsWhiteBox, roleModels, type LoadedModels } from './loaded-models.ts';
import { metered, type MeterOf } from './meter.ts';

/** The target behind a stack of defenses. */
export interface DefendedModel {
  readonly usual: LanguageModel;
  /** At white-box tier where that is loaded, for attack results that edit the model itself. */
  readonly editable: LanguageModel;
  /** True if the answer to `result` comes from another engine than that of the undefended model without edits. */
  usesOtherEngine(result: Pick<AttackResult, 'edit'>): boolean;
  /** What an attacker who knows the defenses sees of the model behind them. */
  readonly seen: StackView;
  /** The model itself. */
  bare(access: Access): LanguageModel;
}

/**
 * Put the target behind `defenses`, with every call counted on the meter of the trial that asks.
 * Defenses that need white-box access get it in both views.
 * @param access to the undefended model as it usually answers
 */
export function defendedModel(
  models: LoadedModels,
  access: Access,
  defenses: readonly ChosenDefense[],
  meterOf: MeterOf,
): DefendedModel {
  const chosen = defenses.map(({ method, ...given }) => ({ defense: method, ...given }));
  const context = roleModels(models, meterOf);
  const behind = (access: Access) =>
    stack(metered(models.target(access), 'target', meterOf), chosen, context);
  const editable = behind('white-box');
  const oneEngine = models.target('white-box') === models.target(access);
  const whiteBox = needsWhiteBox(defenses);
  let seen: StackView | undefined;
  return {
    editable,
    usual: oneEngine || whiteBox ? editable : behind(access),
    usesOtherEngine: ({ edit }) => !oneEngine && (whiteBox || edit !== undefined),
    get seen() {
      return (seen ??= stackView(metered(models.target('white-box'), 'target', meterOf), chosen, context));
    },
    bare: (tier) => models.target(tier),
  };
}
