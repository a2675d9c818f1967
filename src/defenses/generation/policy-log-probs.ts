/** @file Log-probs of strings under a decoding policy, which acts on the first tokens of an answer. */
import type { DecodingPolicy } from '../../models/decoding/policy.ts';
import { logSoftmax } from '../../models/decoding/sampler.ts';
import type { ScoringModel, ScoringOptions, ScoringRequest } from '../../models/language-model.ts';

/** Of a token that the policy excludes, in nats: losses stay numbers that can be compared. */
const excluded = -20;

/** Sequences that are decoded side by side. */
const mostRows = 16;

/**
 * As `logProbs`, of a model that decodes by `policy`: the tokens on which it acts have their log-probs in the distribution
 * that it samples from.
 */
export async function policyLogProbs(
  model: ScoringModel,
  policy: DecodingPolicy,
  requests: readonly ScoringRequest[],
  options: ScoringOptions,
): Promise<Float32Array[]> {
  const scores = await model.logProbs(requests, options);
  for (let start = 0; start < requests.length; start += mostRows)
    await steer(model, policy, requests.slice(start, start + mostRows), scores.slice(start), options);
  return scores;
}

/** Puts the log-probs of the steered tokens into `scores`. */
async function steer(
  model: ScoringModel,
  policy: DecodingPolicy,
  requests: readonly ScoringRequest[],
  scores: readonly Float32Array[],
  options: ScoringOptions,
): Promise<void> {
  const steps = Math.min(policy.steps, Math.max(...requests.map(({ target }) => target.length)));
  if (steps === 0) return;
  const prompts = requests.map(({ prompt }) => prompt);
  const sources = [model, ...policy.companions.map((companion) => companion.model)];
  const sessions = await Promise.all(sources.map((source) => source.open(prompts, options)));
  const [base, ...others] = sessions;
  try {
    for (let index = 0; index < steps; index++) {
      for (const [row, { target }] of requests.entries()) {
        if (index >= target.length) continue;
        const companions = others.map((session) => session.logits(row));
        const logProbs = logSoftmax(policy.next({ index, base: base!.logits(row), companions }));
        scores[row]![index] = Math.max(excluded, logProbs[target[index]!]!);
      }
      // Rows whose target has ended go on with its last token, and are not read again.
      const tokens = requests.map(({ target }) => target[index] ?? target.at(-1)!);
      if (index + 1 < steps) for (const session of sessions) await session.advance(tokens);
    }
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}
