/** @file One question to a model, with the seed drawn from the method's own random stream. */
import { user, type ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { GenerateOptions, Generation, LanguageModel, Sampling } from '../../models/language-model.ts';

export interface RequestOptions {
  readonly maxNewTokens: number;
  readonly signal: AbortSignal;
  /** Default: greedy. */
  readonly sampling?: Sampling;
  /** Gives the request its seed by one draw, made before anything is awaited. */
  readonly random?: Random;
  /** Words put in the model's mouth; they are not part of the reply. */
  readonly assistantPrefix?: string;
}

/** The seed of one request. Successive draws from one stream give different seeds. */
export const seedFrom = (random: Random): string => random.integer(2 ** 32).toString(36);

const generateOptionsOf = ({ random, ...options }: RequestOptions): GenerateOptions => ({
  ...options,
  ...(random && { seed: seedFrom(random) }),
});

/**
 * The reply of `model` to one user turn or to a whole conversation. A conversation too long for the model loses its
 * oldest exchanges; its system prompt and last turn stay.
 * @throws LabError 'context-overflow' when even those two leave no room for an answer
 */
export const ask = async (
  model: LanguageModel,
  question: string | readonly ChatMessage[],
  options: RequestOptions,
): Promise<string> => (await replyTo(model, question, options)).text;

/** Like `ask`, for those who need to know how the reply ended. */
export async function replyTo(
  model: LanguageModel,
  question: string | readonly ChatMessage[],
  options: RequestOptions,
): Promise<Generation> {
  const request = generateOptionsOf(options);
  let messages = typeof question === 'string' ? [user(question)] : question;
  for (;;) {
    const shorter = withoutOldestExchange(messages);
    if (shorter === null) return model.generate(messages, request);
    const reply = await whereItFits(() => model.generate(messages, request));
    if (reply !== null && !cutByWindow(reply, request)) return reply;
    messages = shorter;
  }
}

/** The answer of `model` to a conversation that must stay whole; `null` when it is too long for the model. */
export const answerOf = (
  model: LanguageModel,
  messages: readonly ChatMessage[],
  options: RequestOptions,
): Promise<string | null> =>
  whereItFits(async () => (await model.generate(messages, generateOptionsOf(options))).text);

/** The result of `request`; `null` when the model has no room for its prompt. */
export async function whereItFits<T>(request: () => Promise<T>): Promise<T | null> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof LabError && error.code === 'context-overflow') return null;
    throw error;
  }
}

const cutByWindow = ({ finishReason, completionTokens }: Generation, { maxNewTokens }: GenerateOptions) =>
  finishReason === 'length' && completionTokens !== null && completionTokens < maxNewTokens;

const isSystem = ({ role }: ChatMessage): boolean => role === 'system';

/** Without the first user turn and its answer; `null` when only the last turn would be left to drop. */
function withoutOldestExchange(messages: readonly ChatMessage[]): readonly ChatMessage[] | null {
  const turns = messages.filter((message) => !isSystem(message));
  return turns.length > 2 ? [...messages.filter(isSystem), ...turns.slice(2)] : null;
}
