/** @file One question to a model that plays a role, fitted to its context window. */
import { user, type ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { GenerateOptions, Generation, LanguageModel, Sampling } from '../../models/language-model.ts';

export interface Asking {
  readonly maxNewTokens: number;
  readonly signal: AbortSignal;
  /** Default: greedy. */
  readonly sampling?: Sampling;
  /** Names the random stream of the request by one draw, made before anything is waited for. */
  readonly random?: Random;
  /** Words put in the model's mouth; they are not part of the reply. */
  readonly assistantPrefix?: string;
}

/** The seed of one request. Draws of one stream give unlike seeds. */
export const seedFrom = (random: Random): string => random.integer(2 ** 32).toString(36);

/**
 * The reply of `model`, a text as one user turn or a whole conversation. A conversation too long for the model loses
 * its oldest exchanges; its system prompt and last turn stay.
 * @throws LabError 'context-overflow' when even those two leave no room for an answer
 */
export async function ask(
  model: LanguageModel,
  said: string | readonly ChatMessage[],
  { random, ...asking }: Asking,
): Promise<string> {
  const options = { ...asking, ...(random && { seed: seedFrom(random) }) };
  for (let messages = typeof said === 'string' ? [user(said)] : said; ;) {
    const shorter = withoutOldestExchange(messages);
    const reply = await generateOrOverflow(model, messages, options, shorter === null);
    if (reply !== null && (shorter === null || !cutByWindow(reply, options))) return reply.text;
    messages = shorter!;
  }
}

/** `null` when the messages do not fit, unless this is the `last` resort. */
async function generateOrOverflow(
  model: LanguageModel,
  messages: readonly ChatMessage[],
  options: GenerateOptions,
  last: boolean,
): Promise<Generation | null> {
  try {
    return await model.generate(messages, options);
  } catch (error) {
    if (!last && error instanceof LabError && error.code === 'context-overflow') return null;
    throw error;
  }
}

const cutByWindow = ({ finishReason, completionTokens }: Generation, { maxNewTokens }: GenerateOptions) =>
  finishReason === 'length' && completionTokens < maxNewTokens;

/** Without the first user turn and its answer; `null` when only the last turn would be left to drop. */
function withoutOldestExchange(messages: readonly ChatMessage[]): readonly ChatMessage[] | null {
  const orders = messages.filter(({ role }) => role === 'system');
  const turns = messages.filter(({ role }) => role !== 'system');
  return turns.length > 2 ? [...orders, ...turns.slice(2)] : null;
}

/** The system prompt and the last `exchanges` (at least 1) pairs of turns. */
export function lastExchanges(messages: readonly ChatMessage[], exchanges: number): readonly ChatMessage[] {
  const orders = messages.filter(({ role }) => role === 'system');
  return [...orders, ...messages.slice(orders.length).slice(-2 * exchanges)];
}
