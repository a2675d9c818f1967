/** @file The refusal loss of Gradient Cuff, and the length of its gradient around a request. */
import { sumOfCounts } from '../../../core/counts.ts';
import {
  editLastOwnWords,
  editLastUser,
  lastOwnWords,
  lastUserText,
  type ChatMessage,
} from '../../../core/chat.ts';
import type { DefenseCost } from '../../../core/defense-event.ts';
import type { Random } from '../../../core/random.ts';
import { norm, plus, rounded } from '../../../core/vectors.ts';
import type { GenerateOptions, WhiteBoxModel } from '../../../models/language-model.ts';
import { findSpan, type Placement } from '../../../models/prompt-span.ts';
import { underEdit, withEdit } from '../../generation/edits.ts';
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

/** `messages` with other words in place of the user's own. */
const placeOwn =
  (messages: readonly ChatMessage[]): Placement =>
  (words) =>
    editLastOwnWords(messages, () => words);

/** The last user turn as vectors of the embedding, and which of them, `[from, to)`, are the user's own words. */
async function embedRequest(
  model: WhiteBoxModel,
  messages: readonly ChatMessage[],
  options: GenerateOptions,
) {
  const place = (text: string) => editLastUser(messages, () => text);
  const { prompt, start, end } = findSpan(model.tokenizer, place, lastUserText(messages));
  const [embedding] = await model.hiddenStates(prompt, { signal: options.signal });
  const width = embedding!.length / prompt.length;
  const own = findSpan(model.tokenizer, placeOwn(messages), lastOwnWords(messages));
  const rows = Array.from({ length: end - start }, (_, i) =>
    embedding!.subarray((start + i) * width, (start + i + 1) * width),
  );
  return { rows, from: own.start - start, to: own.end - start, width, withoutText: place('') };
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
  const { rows, from, to, width, withoutText } = await embedRequest(model, messages, options);
  if (from >= to) return { length: 0, cost: spentOn([]) };
  const ask = async (index: number) => {
    const draws = random.fork(index);
    const direction = Float64Array.from({ length: width }, () => draws.normal());
    const vectors = rows.map((row, i) => rounded(i >= from && i < to ? plus(row, direction, radius) : row));
    const moved = withEdit(options, { softTokens: { vectors, at: 'user-end' } });
    const seed = `${options.seed ?? '0'}/${index}`;
    const sampled = await refusalLoss(model, withoutText, { samples, options: { ...moved, seed } });
    return { ...sampled, direction };
  };
  const estimates = await Promise.all(Array.from({ length: directions }, (_, index) => ask(index)));
  const gradient = estimates.reduce<Float64Array>(
    (sum, { loss: there, direction }) => plus(sum, direction, (there - loss) / radius),
    new Float64Array(width),
  );
  const cost = {
    // One more to read the embedding.
    queries: estimates.reduce((sum, { cost: { queries } }) => sum + queries, 1),
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
    const { prompt, start, end } = findSpan(reader.tokenizer, placeOwn(messages), lastOwnWords(messages), {
      atAnswer: true,
    });
    const target = reader.tokenizer.encode(opening);
    if (start === end) return { length: 0, cost: spentOn([]) };
    const gradient = await reader.embeddingGradient(
      { prompt, target, start, end },
      { signal: options.signal },
    );
    const width = gradient.length / (end - start);
    const shift = Array.from({ length: end - start }, (_, i) =>
      gradient.subarray(i * width, (i + 1) * width),
    ).reduce<Float64Array>((sum, row) => plus(sum, row), new Float64Array(width));
    return { length: norm(shift), cost: { queries: 1, tokens: prompt.length + target.length } };
  });
}
