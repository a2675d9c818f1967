/** @file The refusal loss of Gradient Cuff, and the length of its gradient around a request. */
import { sumOfCounts } from '../../../core/counts.ts';
import type { ChatMessage } from '../../../core/chat.ts';
import type { DefenseCost } from '../../../core/defense-event.ts';
import type { Random } from '../../../core/random.ts';
import { norm, plus, rounded, rowsOf } from '../../../core/vectors.ts';
import type { GenerateOptions, WhiteBoxModel } from '../../../models/language-model.ts';
import { underEdit, withEdit } from '../../generation/edits.ts';
import { readRequest } from '../../generation/request-tokens.ts';
import { declines, spentOn } from '../../generation/replies.ts';
import { answerBeyondThoughts, questionOf } from '../../generation/requests.ts';

export interface Sampled {
  /** φ: share of the sampled answers that do not refuse. */
  readonly loss: number;
  readonly cost: DefenseCost;
}

/** How answers are sampled: their number, and the options of each. */
export interface Probe {
  readonly samples: number;
  readonly options: GenerateOptions;
}

/** φ of a conversation. */
export async function refusalLoss(
  model: WhiteBoxModel,
  messages: readonly ChatMessage[],
  { samples, options }: Probe,
): Promise<Sampled> {
  const answers = await Promise.all(
    Array.from({ length: samples }, (_, i) => answerBeyondThoughts(model, messages, questionOf(options, i))),
  );
  const refused = answers.filter(({ reply }) => declines(reply) === true).length;
  return { loss: 1 - refused / samples, cost: spentOn(answers.flatMap(({ replies }) => replies)) };
}

/**
 * Length of the zeroth-order gradient of φ: Σ over random directions u of (φ(E + μu) − φ(E)) / μ · u, each u added to
 * the embedding of every token of the user's own words in the last turn.
 * @param loss φ(E)
 */
export async function sampledGradient(
  model: WhiteBoxModel,
  messages: readonly ChatMessage[],
  loss: number,
  {
    directions,
    radius,
    random,
  }: { readonly directions: number; readonly radius: number; readonly random: Random },
  { samples, options }: Probe,
): Promise<{ readonly length: number; readonly cost: DefenseCost }> {
  const { ids, own } = readRequest(model.tokenizer, messages, options);
  if (own.size === 0) return { length: 0, cost: spentOn([]) };
  const rows = rowsOf(await model.embeddings(ids, { signal: options.signal }), ids.length);
  const width = rows[0]!.length;
  const ask = async (index: number) => {
    const draws = random.fork(index);
    const direction = Float64Array.from({ length: width }, () => draws.normal());
    const vectors = rows.map((row, i) => rounded(own.has(i) ? plus(row, direction, radius) : row));
    const moved = withEdit(options, { softTokens: { vectors, at: 'user-text' } });
    const seed = `${options.seed ?? '0'}/${index}`;
    const sampled = await refusalLoss(model, messages, { samples, options: { ...moved, seed } });
    return { ...sampled, direction };
  };
  const estimates = await Promise.all(Array.from({ length: directions }, (_, index) => ask(index)));
  const gradient = estimates.reduce<Float64Array>(
    (sum, { loss: there, direction }) => plus(sum, direction, (there - loss) / radius),
    new Float64Array(width),
  );
  const cost = {
    queries: estimates.reduce((sum, { cost: { queries } }) => sum + queries, 0),
    tokens: sumOfCounts(estimates.map(({ cost: { tokens } }) => tokens)),
  };
  return { length: norm(gradient), cost };
}

/** Length of the gradient of the loss of `opening` as the answer (nats per token) with respect to the same shift. */
export async function exactGradient(
  model: WhiteBoxModel,
  messages: readonly ChatMessage[],
  opening: string,
  options: GenerateOptions,
): Promise<{ readonly length: number; readonly cost: DefenseCost }> {
  return underEdit(model, options, async (reader) => {
    const { prompt, start, ids, own } = readRequest(reader.tokenizer, messages, {
      ...options,
      atAnswer: true,
    });
    const target = reader.tokenizer.encode(opening);
    if (own.size === 0) return { length: 0, cost: spentOn([]) };
    const span = { prompt, target, start, end: start + ids.length };
    const gradient = await reader.embeddingGradient(span, { signal: options.signal });
    const rows = rowsOf(gradient, ids.length).filter((_, i) => own.has(i));
    const shift = rows.reduce<Float64Array>((sum, row) => plus(sum, row), new Float64Array(rows[0]!.length));
    return { length: norm(shift), cost: { queries: 1, tokens: prompt.length + target.length } };
  });
}
