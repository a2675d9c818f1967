/** @file What a model of the Llama family reads text with: its small files, without the weights. */
import type { ModelEntry } from './catalog.ts';
import { createChatTokenizer, type ChatTokenizer } from './chat-tokenizer.ts';
import { checkTask, readDescription } from './description.ts';
import type { ModelFolder } from './files.ts';
import { parseLlamaConfig, type LlamaConfig } from './llama.ts';

export interface LlamaReader {
  readonly config: LlamaConfig;
  readonly tokenizer: ChatTokenizer;
  /** Tokens. */
  readonly contextWindow: number;
}

/** @throws LabError 'unknown-model', 'unreachable' or 'bad-model' for the files; 'not-supported' for another family or task */
export async function readLlama(
  { id, source }: Pick<ModelEntry, 'id' | 'source'>,
  folder: ModelFolder,
): Promise<LlamaReader> {
  const description = await readDescription(folder, source);
  checkTask(id, description, 'text-generation');
  const config = parseLlamaConfig(description.config);
  const tokenizer = createChatTokenizer(description.tokenizer);
  return { config, tokenizer, contextWindow: config.maxPositions };
}
