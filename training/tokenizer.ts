/** @file The tokenizer of all Tinytown models: trained on their own text, from the seed. */
import { createRandom } from '../src/core/random.ts';
import { lesson } from './corpus/lessons.ts';
import { createChatTokenizer, type TokenizerFiles } from '../src/models/chat-tokenizer.ts';
import { trainByteLevelBpe } from './tokenizer-trainer.ts';
import { config, seed, specialTokens } from './recipe.ts';

const lessons = 12_000;

export function buildTokenizer(): {
  files: TokenizerFiles;
  tokenizer: ReturnType<typeof createChatTokenizer>;
} {
  const random = createRandom(`${seed}/tokenizer`);
  const texts = Array.from({ length: lessons }, (_, i) =>
    lesson(i % 3 === 0 ? 'helper' : 'base', random.fork(i)).messages.map(({ content }) => content),
  ).flat();
  const trained = trainByteLevelBpe(texts, config.vocabSize, specialTokens);
  const files: TokenizerFiles = {
    ...trained,
    config: { ...trained.config, model_max_length: config.maxPositions },
    generation: { eos_token_id: [...config.eosTokenIds] },
  };
  return { files, tokenizer: createChatTokenizer(files) };
}
