/** @file Last stage of a trial: its complete record. */
import type { Behavior } from '../../core/behavior.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { AttackOutcome, SampledAnswer, TrialKey, TrialRecord } from '../records/trial.ts';
import type { UsageByRole } from '../records/usage.ts';
import type { ScoredAnswer } from './answer-round.ts';

export interface TrialParts
  extends Pick<TrialRecord, 'usage' | 'seed' | 'times'>, Omit<ScoredAnswer, 'times'> {
  readonly answerUsage: UsageByRole;
  readonly otherEngine: boolean;
  /** Name of the pack that the attack took texts from. */
  readonly templates?: string | undefined;
  /** The model that was attacked, when the attack's result is replayed from another run. */
  readonly replayedFrom?: string | undefined;
  readonly key: TrialKey;
  readonly behavior: Behavior;
  readonly outcome: AttackOutcome;
  /** Further answers to the same prompt. */
  readonly samples: readonly Omit<ScoredAnswer, 'times'>[];
}

export function trialRecord(parts: TrialParts): TrialRecord {
  const {
    key,
    behavior,
    templates,
    replayedFrom,
    outcome,
    generation,
    samples,
    usage,
    answerUsage,
    otherEngine,
    seed,
    times,
  } = parts;
  const { response, thoughts, reading, untranslated, finishReason, error, scores } = textsOf(parts);
  return {
    version: 1,
    ...key,
    behaviorDetail: behavior,
    ...(templates !== undefined && { templates }),
    ...(outcome.texts && { texts: outcome.texts }),
    ...(replayedFrom !== undefined && { replayedFrom }),
    ...(outcome.tier && { tier: outcome.tier }),
    ...(outcome.sights && { sights: outcome.sights }),
    attackResult: outcome.result,
    attackSteps: outcome.steps,
    response,
    ...(thoughts !== undefined && { thoughts }),
    ...(generation?.systemInUserTurn && { systemInUserTurn: true }),
    ...(generation?.plainText && { plainText: true }),
    ...(reading !== undefined && { reading }),
    ...(untranslated && { untranslated }),
    finishReason,
    ...(error && { error }),
    tokens: (generation?.tokens ?? []).map(finite),
    events: generation?.events ?? [],
    scores,
    ...(samples.length > 0 && { samples: samples.map(textsOf) }),
    usage,
    attackUsage: outcome.usage,
    answerUsage,
    ...(otherEngine && { otherEngine }),
    seed,
    times,
  };
}

/** The answer and its verdicts. */
function textsOf({ generation, reading, error, scores }: Omit<ScoredAnswer, 'times'>): SampledAnswer {
  const response = generation?.text ?? '';
  return {
    response,
    ...(generation?.thoughts !== undefined && { thoughts: generation.thoughts }),
    ...(reading && reading.text !== response && { reading: reading.text }),
    ...(reading?.untranslated && { untranslated: reading.untranslated }),
    finishReason: generation?.finishReason ?? 'failed',
    ...(error && { error }),
    scores,
  };
}

/**
 * Excluded tokens have a log-prob of −∞ and are infinitely far from the base, which no JSON file can hold. Numbers keep
 * the precision of the models: digits beyond it would fill a fifth of a run's file.
 */
function finite({ top, policy, logProb, entropy, ...token }: TokenTrace): TokenTrace {
  const possible = (options: TokenTrace['top']) =>
    options.flatMap((option) =>
      Number.isFinite(option.logProb) ? [{ ...option, logProb: rounded(option.logProb) }] : [],
    );
  return {
    ...token,
    logProb: rounded(logProb),
    ...(entropy !== undefined && { entropy: rounded(entropy) }),
    top: possible(top),
    ...(policy && { policy: finitePolicy(policy, possible) }),
  };
}

/** To the digits that a float32 holds. */
const rounded = (value: number): number => Number(value.toPrecision(7));

const finitePolicy = (
  { id, divergence = Infinity, base, companions }: NonNullable<TokenTrace['policy']>,
  possible: (options: TokenTrace['top']) => TokenTrace['top'],
): NonNullable<TokenTrace['policy']> => ({
  id,
  ...(divergence < Infinity && { divergence: rounded(divergence) }),
  base: possible(base),
  companions: companions.map(possible),
});
