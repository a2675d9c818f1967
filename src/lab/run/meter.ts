/** @file Counts the calls and tokens that a trial spends on each model, by wrapping the models that methods see. */
import type { ClassifierRole } from '../../core/method.ts';
import {
  isScoring,
  isWhiteBox,
  type DecodeSession,
  type GenerateOptions,
  type Generation,
  type LanguageModel,
  type ScoringModel,
  type WhiteBoxModel,
} from '../../models/language-model.ts';
import type { TextClassifier } from '../../models/text-classifier.ts';
import type { TargetOrRole } from '../plan/find-models.ts';
import { addUsage, noUsage, type Usage, type UsageByRole } from '../records/usage.ts';

export interface Meter {
  readonly usage: UsageByRole;
  add(role: TargetOrRole, spent: Partial<Usage>): void;
}

export function createMeter(spentBefore: UsageByRole = {}): Meter {
  const usage: Partial<Record<TargetOrRole, Usage>> = { ...spentBefore };
  return {
    usage,
    add: (role, spent) => void (usage[role] = addUsage(usage[role] ?? noUsage, spent)),
  };
}

/** What was spent in two parts of a trial, by role. */
export function sumByRole(first: UsageByRole, second: UsageByRole): UsageByRole {
  const sum = createMeter(first);
  for (const [role, spent] of Object.entries(second)) sum.add(role as TargetOrRole, spent);
  return sum.usage;
}

/** Finds the meter of the trial that a request belongs to; `undefined` leaves the request uncounted. */
export type MeterOf = (signal: AbortSignal | undefined) => Meter | undefined;

/** Finds the meter of a trial by the abort signal that its requests carry. */
export interface SignalMeters {
  readonly meterOf: MeterOf;
  /** A signal of its own, aborted with `parent`, whose requests are counted on `meter`. */
  signalFor(meter: Meter, parent: AbortSignal): AbortSignal;
}

export function createSignalMeters(): SignalMeters {
  const meters = new WeakMap<AbortSignal, Meter>();
  return {
    meterOf: (signal) => signal && meters.get(signal),
    signalFor(meter, parent) {
      const signal = AbortSignal.any([parent]);
      meters.set(signal, meter);
      return signal;
    },
  };
}

/** Models whose reads by a decoding policy are counted with the request that caused them; see `metered`. */
const countedByRequest = new WeakMap<object, TargetOrRole>();

/**
 * `model` with every call counted, at the tier it had.
 *
 * With a `Meter`, everything is counted on it. With a `MeterOf`, one wrapper serves many trials at once and a call
 * is counted for the trial whose abort signal it carries, since every method hands the signal on. That is what a
 * defended model needs: its decoding policy must be one object for all trials, or they could not share a batch.
 * The decode loop opens a policy's companions for a whole batch; they are counted here, request by request.
 */
export function metered(model: LanguageModel, role: TargetOrRole, meter: Meter | MeterOf): LanguageModel {
  const meterOf: MeterOf = typeof meter === 'function' ? meter : () => meter;
  const count = (signal: AbortSignal | undefined, spent: Partial<Usage>) => meterOf(signal)?.add(role, spent);

  const blackBox: LanguageModel = {
    id: model.id,
    access: model.access,
    contextWindow: model.contextWindow,
    ...(model.computes && { computes: model.computes }),
    async generate(messages, options) {
      const reply = await model.generate(messages, options);
      const { promptTokens, completionTokens, served } = reply;
      count(options.signal, {
        ...{ queries: 1, promptTokens, completionTokens },
        ...(served && { served: [served] }),
        ...precisionOf(model),
      });
      countCompanions(messages, options, reply, meterOf);
      return reply;
    },
  };
  const wrapped = isWhiteBox(model)
    ? ({
        ...blackBox,
        ...scoring(model, count),
        ...whiteBox(model, count),
        edited(edit) {
          const view = model.edited(edit);
          return { ...(metered(view, role, meter) as WhiteBoxModel), dispose: () => view.dispose() };
        },
        async learner(options) {
          const learner = await model.learner(options);
          const countRows = (rows: number) => meterOf(undefined)?.add(role, { gradients: rows });
          return {
            ...learner,
            step(...batches) {
              for (const { shape } of batches) countRows(shape[0]);
              return learner.step(...batches);
            },
            learn(rows) {
              countRows(rows.length);
              return learner.learn(rows);
            },
            async model() {
              const trained = await learner.model();
              return {
                ...(metered(trained, role, meter) as WhiteBoxModel),
                dispose: () => trained.dispose(),
              };
            },
          };
        },
      } satisfies WhiteBoxModel)
    : isScoring(model)
      ? ({ ...blackBox, ...scoring(model, count) } satisfies ScoringModel)
      : blackBox;
  if (typeof meter === 'function') countedByRequest.set(wrapped, role);
  return wrapped;
}

/** `classifier` with every text counted as a query, on the meter or for the trial whose signal the call carries. */
export function meteredClassifier(
  classifier: TextClassifier,
  role: ClassifierRole,
  meter: Meter | MeterOf,
): TextClassifier {
  const meterOf: MeterOf = typeof meter === 'function' ? meter : () => meter;
  const { id, labels, contextWindow } = classifier;
  return {
    id,
    labels,
    contextWindow,
    classify(texts, options) {
      meterOf(options?.signal)?.add(role, { queries: texts.length });
      return classifier.classify(texts, options);
    },
  };
}

const precisionOf = ({ computes }: LanguageModel): Pick<Usage, 'precisions'> =>
  computes ? { precisions: [computes.precision] } : {};

type Count = (signal: AbortSignal | undefined, spent: Partial<Usage>) => void;

const scoring = (
  model: ScoringModel,
  count: Count,
): Pick<ScoringModel, 'tokenizer' | 'logProbs' | 'open'> => ({
  tokenizer: model.tokenizer,
  logProbs(requests, options) {
    const scoredTokens = requests.reduce((sum, { prompt, target }) => sum + prompt.length + target.length, 0);
    count(options?.signal, { scored: requests.length, scoredTokens, ...precisionOf(model) });
    return model.logProbs(requests, options);
  },
  async open(prompts, options) {
    const session = await model.open(prompts, options);
    const promptTokens = prompts.reduce((sum, prompt) => sum + prompt.length, 0);
    count(options?.signal, { queries: prompts.length, promptTokens, ...precisionOf(model) });
    return meteredSession(session, (completionTokens) => count(options?.signal, { completionTokens }));
  },
});

const whiteBox = (
  model: WhiteBoxModel,
  count: Count,
): Pick<
  WhiteBoxModel,
  | 'tokenGradient'
  | 'embeddingGradient'
  | 'inputGradient'
  | 'weightGradients'
  | 'embeddings'
  | 'hiddenStates'
  | 'parameters'
> => ({
  embeddingGradient(request, options) {
    count(options?.signal, { gradients: 1 });
    return model.embeddingGradient(request, options);
  },
  tokenGradient(request, options) {
    count(options?.signal, { gradients: 1 });
    return model.tokenGradient(request, options);
  },
  inputGradient(prompt, cotangents, options) {
    count(options?.signal, { gradients: 1 });
    return model.inputGradient(prompt, cotangents, options);
  },
  hiddenStates(prompt, options) {
    count(options?.signal, { scored: 1, scoredTokens: prompt.length });
    return model.hiddenStates(prompt, options);
  },
  weightGradients(requests, use, options) {
    count(options?.signal, { gradients: requests.length });
    return model.weightGradients(requests, use, options);
  },
  embeddings: (ids, options) => model.embeddings(ids, options),
  parameters: () => model.parameters(),
});

const meteredSession = (session: DecodeSession, count: (tokens: number) => void): DecodeSession => ({
  get rows() {
    return session.rows;
  },
  logits: (row) => session.logits(row),
  keep: (rows) => session.keep(rows),
  close: () => session.close(),
  advance(tokens) {
    count(tokens.length);
    return session.advance(tokens);
  },
});

function countCompanions(
  messages: Parameters<LanguageModel['generate']>[0],
  { policy, signal, ...options }: GenerateOptions,
  { completionTokens }: Generation,
  meterOf: MeterOf,
): void {
  for (const { model, rewrite } of policy?.companions ?? []) {
    const role = countedByRequest.get(model);
    if (role === undefined) continue;
    meterOf(signal)?.add(role, {
      queries: 1,
      promptTokens: model.tokenizer.prompt(rewrite ? rewrite(messages) : messages, options).length,
      // A model that takes a policy runs in the lab, which counts.
      completionTokens: Math.min(policy?.steps ?? 0, completionTokens!),
    });
  }
}
