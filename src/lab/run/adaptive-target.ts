/** @file The model that an adaptive attack is made on: the target behind the defenses of a column. */
import { LabError } from '../../core/errors.ts';
import { list } from '../../core/format.ts';
import { fingerprint } from '../../core/hash.ts';
import { grants, type Access } from '../../core/method.ts';
import { seenModel } from '../../defenses/seen-model.ts';
import type { LanguageModel, ScoringModel, WhiteBoxModel } from '../../models/language-model.ts';
import type { DefendedModel } from './defended-model.ts';
import { metered, type Meter, type SignalMeters } from './meter.ts';

export interface AdaptiveTrial {
  /** Names the random streams of the defenses, together with the request. */
  readonly seed: string;
  readonly meters: SignalMeters;
  /** Where every call is counted, those of the defenses included. */
  readonly meter: Meter;
  readonly signal: AbortSignal;
  /** Over how many draws of a random defense log-probs are averaged. */
  readonly draws?: number | undefined;
  /** Whether gradients hold how far a request is beyond the thresholds of detectors. */
  readonly detectorGradients?: true | undefined;
}

export interface AdaptiveTarget {
  readonly model: LanguageModel;
  /** Free what it holds on the device. */
  release(): void;
}

/** @throws LabError 'not-supported' if the defenses cannot be seen at the tier that an attack needs */
export function checkVisible({ seen }: Pick<DefendedModel, 'seen'>, access: Access): void {
  if (access === 'black-box' || seen.hidden.length === 0) return;
  const [hidden, offer] = [
    list(seen.hidden.map((id) => `"${id}"`)),
    seen.hidden.length > 1 ? 'offer' : 'offers',
  ];
  throw new LabError(
    'not-supported',
    `The attack needs ${access} access, and ${hidden} ${offer} no view of the model behind.`,
    { advice: 'Attack this column with a black-box attack, or in the static mode.' },
  );
}

/**
 * The defended model at the tier that an attack needs: a black-box attack asks the whole stack; others also read the model
 * as the views of the defenses show it.
 *
 * Requests that name no seed get one of their own, from the trial, their text and how often it was asked before: a defense
 * that draws at random draws anew for each of them, and never what it will draw for the answer of the trial.
 * @throws LabError as `checkVisible` does
 */
export function adaptiveTarget(
  defended: DefendedModel,
  access: Access,
  trial: AdaptiveTrial,
): AdaptiveTarget {
  checkVisible(defended, access);
  const { meters, meter, signal, seed, draws, detectorGradients } = trial;
  const seedOf = drawsOf(seed);
  const answering = access === 'white-box' ? defended.editable : defended.usual;
  const generate: LanguageModel['generate'] = (messages, options) =>
    answering.generate(messages, {
      ...options,
      seed: options.seed ?? seedOf(messages),
      signal: meters.signalFor(meter, options.signal ?? signal),
    });
  const { id, contextWindow } = answering;
  if (!grants(access, 'grey-box'))
    return { model: { id, access, contextWindow, generate }, release: () => undefined };
  const { view } = defended.seen;
  const signalFor = (given = signal) => meters.signalFor(meter, given);
  const options = { seed: `${seed}/view`, generate, draws, detectorGradients, signalFor };
  const tier = view.edit || view.conditional ? 'white-box' : access;
  const bare = metered(defended.bare(tier), 'target', meter) as ScoringModel;
  const edited = view.edit && (bare as WhiteBoxModel).edited(view.edit);
  const model = seenModel({ ...(edited ?? bare), id }, view, options);
  const release = () => {
    model.dispose();
    edited?.dispose();
  };
  return { model, release };
}

/** Does not depend on the order in which different requests are asked, so that concurrent ones are reproducible. */
function drawsOf(seed: string): (messages: unknown) => string {
  const asked = new Map<string, number>();
  return (messages) => {
    const text = fingerprint(JSON.stringify(messages));
    const times = asked.get(text) ?? 0;
    asked.set(text, times + 1);
    return `${seed}/query/${text}/${times}`;
  };
}
