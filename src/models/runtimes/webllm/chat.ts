/** @file A black-box model over an engine of web-llm that an app has loaded itself, by the engine's chat API. */
import type { ChatCompletionMessageParam, MLCEngineInterface } from '@mlc-ai/web-llm';
import { LabError } from '../../../core/errors.ts';
import { seedNumber } from '../../../core/random.ts';
import { splitThoughts } from '../../../core/thoughts.ts';
import type { FinishReason, GenerateOptions, Generation, LanguageModel } from '../../contract/black-box.ts';
import { refuseBeyondText } from '../../decoding/checks.ts';
import { greedy } from '../../decoding/sampler.ts';
import type { ChatMessage } from '../../../core/chat.ts';
import { explain } from './errors.ts';

/** What is used of an engine; `MLCEngine` and its proxies to workers have it. */
export type ChatEngine = Pick<MLCEngineInterface, 'chat' | 'interruptGenerate'>;

export interface ChatEngineOptions {
  /** Names the model in messages and events, and to an engine that holds several. Default: the engine's only one. */
  readonly model?: string;
  /** Most tokens that the model can attend to, if the app knows. Default: the engine refuses what is too long. */
  readonly contextWindow?: number;
}

/**
 * Text in, text out. The engine applies its own chat template and reads special tokens typed into a message as control
 * tokens. Its answers are the same for the same seed as far as the engine keeps its promise. One request runs at a time.
 */
export function fromWebLlm(engine: ChatEngine, options: ChatEngineOptions = {}): LanguageModel {
  const { model, contextWindow = Infinity } = options;
  const id = model ?? 'web-llm';
  let last: Promise<unknown> = Promise.resolve();

  async function answer(
    messages: readonly ChatMessage[],
    { maxNewTokens, sampling = greedy, seed = '0', stop = [], signal, onToken }: GenerateOptions,
  ): Promise<Generation> {
    signal?.throwIfAborted();
    const interrupt = () => void engine.interruptGenerate();
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      const chunks = await engine.chat.completions.create({
        messages: messages.map(({ role, content }) => ({ role, content }) as ChatCompletionMessageParam),
        max_tokens: maxNewTokens,
        temperature: sampling.temperature,
        top_p: sampling.topP,
        seed: seedNumber(seed),
        stream: true,
        stream_options: { include_usage: true },
        logprobs: onToken !== undefined,
        ...(stop.length > 0 && { stop: [...stop] }),
        ...(model !== undefined && { model }),
      });
      let [written, finishReason]: [string, FinishReason] = ['', 'end'];
      let usage: { readonly prompt_tokens: number; readonly completion_tokens: number } | undefined;
      for await (const { choices, usage: counted } of chunks) {
        usage = counted ?? usage;
        const { delta, finish_reason: reason, logprobs } = choices[0] ?? {};
        if (reason === 'length') finishReason = 'length';
        const text = delta?.content ?? '';
        if (text === '') continue;
        written += text;
        const logProb = (logprobs?.content ?? []).reduce((sum, token) => sum + token.logprob, 0);
        onToken?.({ id: null, text, logProb, top: [] }, written);
      }
      signal?.throwIfAborted();
      const { thoughts, answer: text } = splitThoughts(written);
      return {
        text,
        ...(thoughts !== null && { thoughts }),
        finishReason,
        tokens: [],
        promptTokens: usage?.prompt_tokens ?? null,
        completionTokens: usage?.completion_tokens ?? null,
        events: [],
      };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw explain(error, { modelId: id, phase: 'run' });
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
  }

  return {
    id,
    access: 'black-box',
    contextWindow,
    generate(messages, request) {
      // An interrupt ends whatever the engine writes, so that no other request may be running.
      const reply = last.then(() => {
        refuse(id, request);
        return answer(messages, request);
      });
      last = reply.catch(() => undefined);
      return reply;
    },
  };
}

/** @throws LabError 'not-supported' for options that the engine's chat API does not have */
function refuse(id: string, request: GenerateOptions): void {
  refuseBeyondText(`${id}, by the chat API of web-llm,`, id, request);
  const advice = 'Leave it out, or load the model so that its logits are seen.';
  if (request.assistantPrefix)
    throw new LabError('not-supported', `${id} cannot continue an answer that is begun for it.`, { advice });
  if (request.sampling?.topK !== undefined)
    throw new LabError('not-supported', `${id} cannot sample from a number of tokens.`, { advice });
}
