/** @file What a server tells of itself: the models it serves, its software and its version. */
import { z } from 'zod';
import { LabError } from '../../../core/errors.ts';
import { firstOf } from '../../../core/excerpt.ts';
import type { Requester } from './requester.ts';

/** Software that is known to continue an assistant turn; `null` for any other. */
export type Software = 'vllm' | 'llama.cpp' | 'ollama' | null;

export interface ListedModel {
  readonly id: string;
  /** Tokens, prompt and answer together; `null` if the server does not say. */
  readonly contextWindow: number | null;
}

export interface Server {
  /** `null`: the server keeps no list. */
  readonly models: readonly ListedModel[] | null;
  readonly software: Software;
  readonly version: string | null;
}

const count = z.int().positive().nullish().catch(null);
const listSchema = z.looseObject({
  data: z
    .array(
      z.looseObject({
        id: z.string().min(1).max(300),
        owned_by: z.string().nullish().catch(null),
        max_model_len: count,
        meta: z.looseObject({ n_ctx: count }).nullish().catch(null),
      }),
    )
    .max(10_000),
});
const versionSchema = z.looseObject({ version: z.string().min(1).max(100) });

/** As vLLM, llama.cpp and Ollama name themselves in their lists. */
const softwareOf: Readonly<Record<string, Software>> = {
  vllm: 'vllm',
  llamacpp: 'llama.cpp',
  library: 'ollama',
};
const versionPath = { vllm: '../version', ollama: '../api/version' } as const;

/** A server that is not there should be known within seconds. */
const mostRetries = 3;

/** @throws LabError 'unreachable' if the server does not answer or refuses the key */
export async function describeServer({ ask }: Requester, signal?: AbortSignal): Promise<Server> {
  let list: z.infer<typeof listSchema>;
  try {
    list = await ask(
      { path: 'models', body: null, mostRetries },
      (text) => listSchema.parse(JSON.parse(text), { error: () => 'no list of models' }),
      signal,
    );
  } catch (error) {
    // The path of the list does not exist: not every server has one.
    if (error instanceof LabError && error.code === 'unknown-model')
      return { models: null, software: null, version: null };
    throw error;
  }
  const owner = list.data[0]?.owned_by ?? '';
  const software = softwareOf[owner] ?? null;
  const models = list.data.map(({ id, max_model_len, meta }) => ({
    id,
    contextWindow: max_model_len ?? meta?.n_ctx ?? null,
  }));
  if (software !== 'vllm' && software !== 'ollama') return { models, software, version: software };
  try {
    const { version } = await ask(
      { path: versionPath[software], body: null, mostRetries },
      (text) => versionSchema.parse(JSON.parse(text)),
      signal,
    );
    return { models, software, version: `${software} ${version}` };
  } catch (error) {
    if (error instanceof LabError && error.code === 'unknown-model')
      return { models, software, version: software };
    throw error;
  }
}

/** @throws LabError 'unknown-model' that lists what the server has */
export function findListed(host: string, { models }: Server, model: string): ListedModel {
  if (models === null) return { id: model, contextWindow: null };
  const listed = models.find(({ id }) => id === model);
  if (listed) return listed;
  throw new LabError('unknown-model', `${host} serves no model "${model}".`, {
    advice: `It serves ${firstOf(models, ({ id }) => id).join(', ') || 'none'}.`,
  });
}
