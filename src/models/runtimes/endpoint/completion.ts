/** @file The wire format of chat completions: what is asked, and what is read of the answer. */
import { z } from 'zod';
import { assistant, type ChatMessage } from '../../../core/chat.ts';
import { LabError } from '../../../core/errors.ts';
import { seedNumber } from '../../../core/random.ts';
import { splitThoughts } from '../../../core/thoughts.ts';
import type { FinishReason, GenerateOptions } from '../../contract/black-box.ts';
import type { TokenTrace } from '../../decoding/policy.ts';
import { greedy } from '../../decoding/sampler.ts';
import { defaultDate, type PromptSettings } from '../../prompt-settings.ts';
import { strftime } from '../../strftime.ts';
import { messageIn } from './errors.ts';
import type { Software } from './server.ts';
import { cutAtStop } from './stop.ts';

/** Most stop strings that the protocol allows; further ones are applied to the answer here. */
const mostStops = 4;
/** Most alternatives per token that the protocol allows. */
const mostAlternatives = 20;

/** Software that hands variables on to the chat template. */
export const takesTemplateVariables = (software: Software): boolean =>
  software === 'vllm' || software === 'llama.cpp';

/** The date goes by the name under which the templates of Llama 3 read it, and in their form, `26 Jul 2024`. */
const templateVariables = ({ date = defaultDate, variables = {} }: PromptSettings) => ({
  date_string: strftime(new Date(`${date}T00:00:00Z`), '%d %b %Y'),
  ...variables,
});

interface Addressed {
  /** As the server lists it. */
  readonly model: string;
  readonly software: Software;
  /** What its template should read; `null`: nothing is sent. */
  readonly settings: PromptSettings | null;
}

/** @throws LabError 'not-supported' for a prefix that the server may not continue, or a `topK` that it may not heed */
export function completionRequest(
  { model, software, settings }: Addressed,
  messages: readonly ChatMessage[],
  {
    maxNewTokens,
    sampling = greedy,
    seed = '0',
    stop = [],
    assistantPrefix = '',
    topTokens = 0,
  }: GenerateOptions,
): Readonly<Record<string, unknown>> {
  const prefixed = assistantPrefix !== '';
  if (prefixed && software === null)
    throw new LabError('not-supported', `It is not known that ${model} continues an assistant turn there.`, {
      advice:
        'Serve the model with vLLM, llama.cpp or Ollama, or leave attacks with an assistant prefix out.',
    });
  const { topK } = sampling;
  if (topK !== undefined && software !== 'vllm' && software !== 'llama.cpp')
    throw new LabError(
      'not-supported',
      `It is not known that ${model} samples from a number of tokens there.`,
      {
        advice: 'Serve the model with vLLM or llama.cpp, or leave settings of top-k out.',
      },
    );
  return {
    model,
    messages: [...messages, ...(prefixed ? [assistant(assistantPrefix)] : [])].map(({ role, content }) => ({
      role,
      content,
    })),
    max_tokens: maxNewTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    ...(topK !== undefined && { top_k: topK }),
    seed: seedNumber(seed),
    stream: false,
    ...(stop.length > 0 && { stop: stop.slice(0, mostStops) }),
    ...(topTokens > 0 && { logprobs: true, top_logprobs: Math.min(topTokens, mostAlternatives) }),
    // The others continue a last turn of the assistant by themselves.
    ...(prefixed && software === 'vllm' && { continue_final_message: true, add_generation_prompt: false }),
    ...(settings && { chat_template_kwargs: templateVariables(settings) }),
  };
}

const text = z.string().nullish();
const count = z.int().min(0).max(1e9);
const option = z.looseObject({
  /** Only llama.cpp tells it. */
  id: z.int().min(0).nullish(),
  token: z.string(),
  /** Rounding may carry it above 0. */
  logprob: z.number().max(1e-3),
  bytes: z.array(z.int().min(0).max(255)).nullish(),
});
const answerSchema = z.looseObject({
  model: z.string().max(300).nullish(),
  system_fingerprint: z.string().max(300).nullish(),
  choices: z
    .array(
      z.looseObject({
        finish_reason: text,
        /** vLLM: the stop string, if one ended the answer. */
        stop_reason: z.union([z.string(), z.number()]).nullish(),
        /** Thoughts, where the server tells them apart: `reasoning_content` in llama.cpp, either name in vLLM and Ollama. */
        message: z.looseObject({
          content: text,
          reasoning_content: text.catch(null),
          reasoning: text.catch(null),
        }),
        logprobs: z
          .looseObject({
            content: z.array(option.extend({ top_logprobs: z.array(option).nullish() })).nullish(),
          })
          .nullish(),
      }),
    )
    .min(1),
  usage: z.looseObject({ prompt_tokens: count, completion_tokens: count }).nullish(),
});
type Option = z.infer<typeof option>;

export interface Completion {
  /** What follows the thoughts; empty when they did not end. */
  readonly text: string;
  /** Whether the server told them apart or not; `null` if the model wrote none. */
  readonly thoughts: string | null;
  readonly finishReason: FinishReason;
  /** True if the server's own filter ended the answer. */
  readonly filtered: boolean;
  readonly tokens: readonly TokenTrace[];
  /** `null` if the server does not count. */
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number } | null;
  /** As the server tells them. */
  readonly model: string | null;
  readonly fingerprint: string | null;
}

/**
 * Thoughts that the server's template began and the model did not end carry no tag; they pass for an answer unless the
 * server itself tells them apart.
 * @throws Error that says what cannot be read
 */
export function readCompletion(body: string, stop: readonly string[]): Completion {
  const parsed = answerSchema.safeParse(JSON.parse(body));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new Error(`${path.join('.')}: ${message}; ${messageIn(body)}`);
  }
  const { model, system_fingerprint, choices, usage } = parsed.data;
  const { finish_reason, stop_reason, message, logprobs } = choices[0]!;
  const content = message.content ?? '';
  const cut = cutAtStop(content, tracesOf(logprobs?.content ?? []), stop, startOfAnswer(content));
  const { thoughts: tagged, answer } = splitThoughts(cut.text);
  const apart = message.reasoning_content || message.reasoning || null;
  const thoughts = [apart, tagged].filter((part) => part !== null).map((part) => part.trim());
  return {
    text: answer,
    thoughts: thoughts.length === 0 ? null : thoughts.filter((part) => part !== '').join('\n\n'),
    tokens: cut.tokens,
    finishReason:
      finish_reason === 'content_filter'
        ? 'blocked'
        : cut.isCut || (typeof stop_reason === 'string' && stop.includes(stop_reason))
          ? 'stop-string'
          : finish_reason === 'length'
            ? 'length'
            : 'end',
    filtered: finish_reason === 'content_filter',
    usage: usage ? { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens } : null,
    model: model ?? null,
    fingerprint: system_fingerprint ?? null,
  };
}

/** Thoughts may name a stop string without ending the answer. */
function startOfAnswer(content: string): number {
  const { thoughts, answer } = splitThoughts(content);
  return thoughts === null ? 0 : content.length - answer.length;
}

/** Servers list the likeliest tokens without the rest of the distribution, so there is no entropy. */
function tracesOf(
  content: readonly (Option & { readonly top_logprobs?: readonly Option[] | null | undefined })[],
): TokenTrace[] {
  // Characters may be spread over several tokens; their bytes, where told, say how.
  const decoder = content.every(({ bytes }) => bytes) ? new TextDecoder() : null;
  const listed = ({ id, token, logprob }: Option) => ({
    id: id ?? null,
    text: token,
    logProb: Math.min(0, logprob),
  });
  return content.map((one, i) => ({
    ...listed(one),
    ...(decoder && {
      text: decoder.decode(Uint8Array.from(one.bytes!), { stream: i + 1 < content.length }),
    }),
    top: (one.top_logprobs ?? []).map(listed),
  }));
}
