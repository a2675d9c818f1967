/** @file The grey-box contract over a decoder that transformers.js has loaded. */
import type { PreTrainedModel } from '@huggingface/transformers';
import type { ChatTokenizer } from '../../chat-tokenizer.ts';
import { createGenerate } from '../../decoding/generate.ts';
import { checkedScoring } from '../../decoding/numbers.ts';
import type { ScoringModel } from '../../language-model.ts';
import type { ChosenPrecision } from '../../precision.ts';
import { createEngine } from './engine.ts';
import { scoreTargets } from './scoring.ts';
import { canBatch, compareWithStored, comparePieces, lastLogits } from './self-test.ts';
import { openSession, type Host } from './session.ts';
import { tokensPerRun, type Sizes } from './sizes.ts';

export interface LoadedDecoder {
  readonly id: string;
  readonly model: PreTrainedModel;
  readonly tokenizer: ChatTokenizer;
  readonly sizes: Sizes;
  readonly device: 'wasm' | 'webgpu';
  /** The content of the model's `selftest.json`, if it has one. */
  readonly stored?: unknown;
  readonly computes?: ChosenPrecision;
}

/**
 * Checks the numbers of the decoder, finds out how it can be run, and offers it.
 * @throws LabError 'bad-model' or 'no-webgpu' if its numbers are wrong
 */
export async function decoderModel(decoder: LoadedDecoder): Promise<ScoringModel> {
  const { id, model, tokenizer, sizes, device, stored } = decoder;
  const engine = createEngine(id, model, Math.min(sizes.vocabSize, tokenizer.vocabSize));
  if (stored) await compareWithStored(id, (ids) => lastLogits(engine, [ids]), device, stored);
  if (device === 'webgpu') await comparePieces(id, engine);
  return present(decoder, {
    engine,
    limits: { id, vocabSize: engine.vocabSize, contextWindow: sizes.contextWindow },
    mayBatch: await canBatch(id, engine.vocabSize, (rows) => lastLogits(engine, rows), device),
    tokensPerRun: tokensPerRun(device, sizes),
  });
}

function present(decoder: LoadedDecoder, host: Host): ScoringModel {
  const { id, tokenizer, sizes, computes } = decoder;
  const shared = {
    id,
    contextWindow: sizes.contextWindow,
    ...(computes && { computes }),
    tokenizer,
    ...checkedScoring(id, {
      open: (prompts, options) => openSession(host, prompts, options),
      logProbs: (requests, options) => scoreTargets(host, requests, options),
    }),
  } satisfies Partial<ScoringModel>;
  return {
    ...shared,
    access: 'grey-box',
    generate: createGenerate(shared, { maxBatch: host.mayBatch ? 16 : 1 }),
    withPrompts: (settings) => present({ ...decoder, tokenizer: tokenizer.withSettings(settings) }, host),
  };
}
