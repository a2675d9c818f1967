/** @file Log-probs of strings under a decoding policy, which acts on the first tokens of an answer. */
import type { ChatMessage } from '../../core/chat.ts';
import type { PromptOptions } from '../../models/chat-tokenizer.ts';
import type { Companion, DecodingPolicy } from '../../models/decoding/policy.ts';
import { logSoftmax } from '../../models/decoding/sampler.ts';
import type { ScoringModel, ScoringOptions, ScoringRequest } from '../../models/language-model.ts';

/** Of a token that the policy excludes, in nats: losses stay numbers that can be compared. */
const excluded = -20;

/** The conversation that a prompt was made of. */
export interface PromptSource {
  /** As it reached the model. */
  readonly sent: readonly ChatMessage[];
  readonly options: PromptOptions | undefined;
}

/** Sequences that are decoded side by side. */
const mostRows = 16;

/**
 * As `logProbs`, of a model that decodes by `policy`: the tokens on which it acts have their log-probs in the distribution
 * that it samples from. Where a companion reads another conversation than the base, prompts of unknown source have the
 * log-probs of the model itself.
 */
export async function policyLogProbs(
  model: ScoringModel,
  policy: DecodingPolicy,
  requests: readonly ScoringRequest[],
  options: ScoringOptions,
  sourceOf: (prompt: readonly number[]) => PromptSource | undefined,
): Promise<Float32Array[]> {
  const scores = await model.logProbs(requests, options);
  const apart = policy.companions.some(({ rewrite }) => rewrite);
  const rows = requests.flatMap((request, i) => {
    const source = sourceOf(request.prompt);
    return source === undefined && apart ? [] : [{ ...request, source, scores: scores[i]! }];
  });
  for (let start = 0; start < rows.length; start += mostRows)
    await steer(model, policy, rows.slice(start, start + mostRows), options);
  return scores;
}

interface Row extends ScoringRequest {
  readonly source: PromptSource | undefined;
  /** Of the target, shape [T]. */
  readonly scores: Float32Array;
}

const promptFor = ({ model, rewrite }: Companion, { prompt, source }: Row): readonly number[] =>
  rewrite && source ? model.tokenizer.prompt(rewrite(source.sent), source.options) : prompt;

/** Puts the log-probs of the steered tokens into the scores of each row. */
async function steer(
  model: ScoringModel,
  policy: DecodingPolicy,
  rows: readonly Row[],
  options: ScoringOptions,
): Promise<void> {
  const steps = Math.min(policy.steps, Math.max(...rows.map(({ target }) => target.length)));
  if (steps === 0) return;
  const readers: readonly Companion[] = [{ model }, ...policy.companions];
  const sessions = await Promise.all(
    readers.map((reader) =>
      reader.model.open(
        rows.map((row) => promptFor(reader, row)),
        options,
      ),
    ),
  );
  const [base, ...others] = sessions;
  try {
    for (let index = 0; index < steps; index++) {
      for (const [row, { target, scores }] of rows.entries()) {
        if (index >= target.length) continue;
        const companions = others.map((session) => session.logits(row));
        const logProbs = logSoftmax(policy.next({ index, base: base!.logits(row), companions }));
        scores[index] = Math.max(excluded, logProbs[target[index]!]!);
      }
      // Rows whose target has ended go on with its last token, and are not read again.
      const tokens = rows.map(({ target }) => target[index] ?? target.at(-1)!);
      if (index + 1 < steps) for (const session of sessions) await session.advance(tokens);
    }
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}
