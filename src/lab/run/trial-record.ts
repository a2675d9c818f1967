/** @file The complete record of one trial, whether a run made it or one attempt outside a run. */
import type { Behavior } from '../../core/behavior.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { Generation } from '../../models/language-model.ts';
import type { AttackOutcome, TrialError, TrialKey, TrialRecord } from '../records/trial.ts';
import type { Reading } from './read-answer.ts';

export interface TrialParts extends Pick<TrialRecord, 'scores' | 'usage' | 'seed' | 'times'> {
  /** Name of the pack that the attack took texts from. */
  readonly templates?: string | undefined;
  /** The model that the attack was made on, when it is replayed. */
  readonly replayedFrom?: string | undefined;
  readonly key: TrialKey;
  readonly behavior: Behavior;
  readonly made: AttackOutcome;
  /** `null`: there is no answer, for the reason in `error`. */
  readonly reply: Generation | null;
  /** What the evaluators judged of it. */
  readonly reading: Reading | null;
  readonly error?: TrialError | undefined;
}

export function trialRecord(parts: TrialParts): TrialRecord {
  const { key, behavior, templates, replayedFrom, made, reply, reading, error, scores, usage, seed, times } =
    parts;
  const response = reply?.text ?? '';
  return {
    version: 1,
    ...key,
    behaviorDetail: behavior,
    ...(templates !== undefined && { templates }),
    ...(replayedFrom !== undefined && { replayedFrom }),
    attackResult: made.result,
    attackSteps: made.steps,
    response,
    ...readingFields(response, reading),
    finishReason: reply?.finishReason ?? 'failed',
    ...(error && { error }),
    tokens: (reply?.tokens ?? []).map(finite),
    events: reply?.events ?? [],
    scores,
    usage,
    attackUsage: made.usage,
    seed,
    times,
  };
}

/** What a record or a reply says of how an answer was read; nothing when it was judged as it came. */
export const readingFields = (
  response: string,
  reading: Reading | null,
): Pick<TrialRecord, 'reading' | 'untranslated'> => ({
  ...(reading && reading.text !== response && { reading: reading.text }),
  ...(reading?.untranslated && { untranslated: reading.untranslated }),
});

/** Excluded tokens have a log-prob of −∞ and are infinitely far from the base, which no JSON file can hold. */
function finite({ top, policy, ...token }: TokenTrace): TokenTrace {
  const possible = (options: TokenTrace['top']) => options.filter(({ logProb }) => Number.isFinite(logProb));
  return { ...token, top: possible(top), ...(policy && { policy: finitePolicy(policy, possible) }) };
}

const finitePolicy = (
  { id, divergence = Infinity, base, companions }: NonNullable<TokenTrace['policy']>,
  possible: (options: TokenTrace['top']) => TokenTrace['top'],
): NonNullable<TokenTrace['policy']> => ({
  id,
  ...(divergence < Infinity && { divergence }),
  base: possible(base),
  companions: companions.map(possible),
});
