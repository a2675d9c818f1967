/** @file `chat`: one message and the answer to it. */
import { user } from '../../src/core/chat.ts';
import { chatBehavior } from '../../src/lab/plan/request.ts';
import { completeRequest } from './choices.ts';
import { readInput, readLongInput, valueOf } from './failure.ts';
import { requestedModels, withModelIds } from './models/named.ts';
import { printScores, requestFields, type RequestOptions } from './request.ts';
import { inSession } from './session.ts';

export interface ChatOptions extends RequestOptions {
  readonly message: string;
  readonly system?: string;
  /** Alternatives listed per token; 0 lists no tokens. */
  readonly topTokens: number;
}

export async function chat(given: ChatOptions): Promise<void> {
  const options = await readLongInput(() => withModelIds(given));
  const request = readInput(() => {
    const context =
      options.system === undefined ? [] : [{ role: 'system' as const, content: options.system }];
    const request = {
      ...requestFields(options),
      messages: [...context, user(options.message)],
      topTokens: options.topTokens,
    };
    return completeRequest(request, chatBehavior(request), options.role);
  });
  const reply = valueOf(
    await inSession(
      options.device,
      { onEvent: () => {}, precision: options.precision, models: requestedModels(request) },
      (page) => page.evaluate((value) => globalThis.glovebox!.chat(value), request),
    ),
  );
  const { text, thoughts, systemInUserTurn, plainText, finishReason, tokens } = reply.generation;
  const result = {
    response: text,
    ...(thoughts !== undefined && { thoughts }),
    ...(systemInUserTurn && { systemInUserTurn }),
    ...(plainText && { plainText }),
    blocked: finishReason === 'blocked',
    ...(options.topTokens > 0 && tokens.length > 0
      ? { tokens: tokens.map(({ text, logProb, top, policy }) => ({ text, logProb, top, policy })) }
      : {}),
    scores: reply.scores,
  };
  if (options.json) return console.log(JSON.stringify(result));
  console.log(text);
  printScores(result.scores);
}
