/** @file Wraps one model in several defenses. */
import { LabError } from '../core/errors.ts';
import { grants } from '../core/method.ts';
import { parseOptions } from '../core/options.ts';
import {
  isScoring,
  isWhiteBox,
  type LanguageModel,
  type ScoringModel,
  type WhiteBoxModel,
} from '../models/language-model.ts';
import type { Artifact, Defense, DefenseContext, InferenceStage } from './defense.ts';
import { composed, sightsOf, type DefenseView, type Sight } from './view.ts';

export interface ChosenDefense {
  readonly defense: Defense;
  /** Only what differs from the defaults; checked here. */
  readonly options?: unknown;
  /** The result of its `prepare`, for a defense that has one. */
  readonly artifact?: Artifact | undefined;
}

/**
 * The defended model. Decoding defenses wrap the model first, then output defenses, then input defenses, so that within
 * each stage they act in the order of the list: the first input defense sees the request first, the first output
 * defense sees the answer first. A request that an input defense blocks reaches nothing else.
 *
 * Input and output defenses of a higher tier read the model itself, whatever already surrounds it: whoever defends a
 * model can read it. A decoding defense of such a tier steers the decode loop, so it must wrap the model directly.
 * @throws LabError 'not-supported' if a defense needs more access than the model that it would wrap offers
 * @throws LabError 'bad-options' for invalid options
 */
export function stack(
  model: LanguageModel,
  chosen: readonly ChosenDefense[],
  context: DefenseContext,
): LanguageModel {
  const at = (stage: InferenceStage) => chosen.filter(({ defense }) => defense.stage === stage);
  const within = { ...context, target: model };
  const inside: LanguageModel = at('decoding').reduce(
    (wrapped, choice) => wrap(wrapped, choice, within),
    model,
  );
  return [...at('output'), ...at('input').toReversed()].reduce(
    (wrapped, choice) => wrap(readable(wrapped, model), choice, within),
    inside,
  );
}

function wrap(model: LanguageModel, { defense, options, artifact }: ChosenDefense, context: DefenseContext) {
  if (!grants(model.access, defense.access))
    throw new LabError('not-supported', `"${defense.id}" needs ${defense.access} access to ${model.id}.`, {
      advice:
        defense.stage === 'decoding'
          ? 'Pick a model of a higher tier, and keep one token-level defense, first among the decoding ones.'
          : 'Pick a model of a higher tier, or leave this defense out.',
    });
  return defense.wrap(model, parseOptions(defense.options, options, defense.id), {
    ...context,
    artifact,
  });
}

export interface StackView {
  readonly view: DefenseView;
  /** Ids of the defenses that have no view; then that of the others says too little. */
  readonly hidden: readonly string[];
  readonly sights: readonly Sight[];
  /** True if some defense draws at random. */
  readonly draws: boolean;
}

/** What an attacker sees of `model` behind the stack of the same defenses. @throws as `stack` does */
export function stackView(
  model: LanguageModel,
  chosen: readonly ChosenDefense[],
  context: DefenseContext,
): StackView {
  const at = (stage: InferenceStage) => chosen.filter(({ defense }) => defense.stage === stage);
  const outermostFirst = [...at('input'), ...at('output').toReversed(), ...at('decoding').toReversed()];
  const hidden = outermostFirst.filter(({ defense }) => !defense.view).map(({ defense }) => defense.id);
  const views = outermostFirst.flatMap(({ defense, options, artifact }) => {
    const values = parseOptions(defense.options, options, defense.id);
    return defense.view?.(model as WhiteBoxModel, values, { ...context, target: model, artifact }) ?? [];
  });
  return {
    view: composed(views),
    hidden,
    sights: sightsOf(views),
    draws: chosen.some(({ defense }) => defense.draws),
  };
}

/** A model that generates as `wrapped` does and can be read as `model` can. */
function readable(wrapped: LanguageModel, model: LanguageModel): LanguageModel {
  if (!isScoring(model)) return wrapped;
  const { id, contextWindow } = wrapped;
  const generate: LanguageModel['generate'] = (messages, options) => wrapped.generate(messages, options);
  if (isWhiteBox(model)) {
    const { withPrompts: _, ...reading } = model;
    return { ...reading, id, contextWindow, generate } satisfies WhiteBoxModel;
  }
  const { tokenizer } = model;
  const readableModel: ScoringModel = {
    ...{ id, contextWindow, access: 'grey-box', tokenizer, generate },
    logProbs: (requests, options) => model.logProbs(requests, options),
    open: (prompts, options) => model.open(prompts, options),
  };
  return readableModel;
}
