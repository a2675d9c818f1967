/** @file The options of the requests that a defense sends to the model it wraps. */
import { LabError } from '../../core/errors.ts';
import { isEmptyResponse } from '../../core/refusal.ts';
import type { ChatMessage } from '../../core/chat.ts';
import type { GenerateOptions, Generation, LanguageModel } from '../../models/language-model.ts';

type OnToken = NonNullable<GenerateOptions['onToken']>;

/** The options without streaming: for an answer that the defense must see whole before anyone else does. */
export const unstreamed = ({ onToken: _, ...options }: GenerateOptions): GenerateOptions => options;

/** The options of a request whose tokens are held back until `release`, which passes on these and all later ones. */
export function withheldStream(request: GenerateOptions) {
  const { onToken } = request;
  if (!onToken) return { options: request, release: () => {}, flush: () => {} };
  let heldTokens: Parameters<OnToken>[] = [];
  let released = false;
  /** Passes on the tokens held back so far, and none of the later ones. */
  const flush = () => {
    const ready = heldTokens;
    heldTokens = [];
    for (const token of ready) onToken(...token);
  };
  const hold: OnToken = (...token) => {
    if (released) onToken(...token);
    else heldTokens.push(token);
  };
  const release = () => {
    released = true;
    flush();
  };
  return { options: { ...request, onToken: hold }, release, flush };
}

/**
 * The options of copy number `index` of a request. A copy is a draft: it is neither streamed nor watched from outside,
 * and it has a random stream of its own.
 */
export function copyOf(options: GenerateOptions, index: number): GenerateOptions {
  const { watch: _, ...draft } = unstreamed(options);
  return { ...draft, seed: `${options.seed ?? '0'}/${index}` };
}

/** As `copyOf`, for questions about the request: with nothing put in the model's mouth, forced or recorded. */
export function questionOf(options: GenerateOptions, index: number): GenerateOptions {
  const {
    assistantPrefix: _,
    assistantThought: _1,
    topTokens: _2,
    forced: _3,
    ...question
  } = copyOf(options, index);
  return question;
}

/** Room for the thoughts of a model that reasons, in tokens. */
const thoughtTokens = 1024;

/**
 * A short answer, of which `options.maxNewTokens` is the length without thoughts: a model that spends all of them on
 * thoughts is asked once more, with room for these.
 * @returns the last reply, and all replies that it took
 */
export async function answerBeyondThoughts(
  model: LanguageModel,
  messages: readonly ChatMessage[],
  options: GenerateOptions,
): Promise<{ readonly reply: Generation; readonly replies: readonly Generation[] }> {
  const reply = await model.generate(messages, options);
  const isWithinThoughts =
    reply.finishReason === 'length' && reply.thoughts !== undefined && isEmptyResponse(reply.text);
  if (!isWithinThoughts) return { reply, replies: [reply] };
  const maxNewTokens = options.maxNewTokens + thoughtTokens;
  const longer = await model.generate(messages, { ...options, maxNewTokens });
  return { reply: longer, replies: [reply, longer] };
}

/** @throws LabError 'not-supported' if a request brings a decoding policy of its own */
export function refusePolicy(title: string, { policy }: GenerateOptions): void {
  if (policy === undefined) return;
  throw new LabError('not-supported', `${title} cannot share the decode loop with another policy.`, {
    advice: 'Keep one token-level defense in the stack.',
  });
}
