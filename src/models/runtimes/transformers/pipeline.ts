/** @file Offers models that an app has loaded with transformers.js itself, as its pipelines hold them. */
import type { PreTrainedModel, PreTrainedTokenizer } from '@huggingface/transformers';
import { LabError } from '../../../core/errors.ts';
import { createChatTokenizer } from '../../chat-tokenizer.ts';
import { checkTask, describe, type ModelDescription } from '../../description.ts';
import type { ScoringModel } from '../../language-model.ts';
import type { TextClassifier } from '../../text-classifier.ts';
import { decoderModel } from './decoder.ts';
import { explainLoad } from './errors.ts';
import { classifierModel, describedClassifier } from './sequence-classifier.ts';
import { readSizes } from './sizes.ts';

/** A pipeline of transformers.js, or a model and a tokenizer that were loaded one by one. */
export interface LoadedPipeline {
  readonly model: PreTrainedModel;
  readonly tokenizer: PreTrainedTokenizer;
}

export interface PipelineOptions {
  /** Names the model in messages and events. Default: its architecture, such as `llama`. */
  readonly id?: string;
}

/**
 * A grey-box model over a text-generation pipeline. Whatever the model writes through it is decoded here, not by the
 * pipeline: sampling, chat template and stop tokens are the lab's. A run of the model that fails no longer rejects in the
 * pipeline itself, so leave the model to this wrapper from then on.
 * @throws LabError 'not-supported' for a model that is no decoder of text; 'bad-model' if its files cannot be used or its
 *   numbers are wrong; 'no-webgpu' if the graphics device computes wrongly
 */
export async function fromTextGeneration(
  { model, tokenizer }: LoadedPipeline,
  options: PipelineOptions = {},
): Promise<ScoringModel> {
  const { id, description, device } = read(model, tokenizer, options);
  checkTask(id, description, 'text-generation');
  if (description.config['is_encoder_decoder'] === true)
    throw new LabError('not-supported', `${id} has an encoder and a decoder.`, {
      advice: 'Pick a chat model that is a decoder alone, such as one of the Llama, Qwen or SmolLM families.',
    });
  try {
    const chatTokenizer = createChatTokenizer(description.tokenizer);
    const sizes = readSizes(description.config);
    return await decoderModel({ id, model, tokenizer: chatTokenizer, sizes, device });
  } catch (error) {
    throw explainLoad(id, error);
  }
}

/**
 * A classifier over a text-classification pipeline, for guards.
 * @throws LabError 'not-supported' for a model that writes text or gives each label a probability of its own; and as
 *   `fromTextGeneration`
 */
export async function fromTextClassification(
  { model, tokenizer }: LoadedPipeline,
  options: PipelineOptions = {},
): Promise<TextClassifier> {
  const { id, description, device } = read(model, tokenizer, options);
  checkTask(id, description, 'text-classification');
  try {
    return await classifierModel(describedClassifier(id, description), model, device);
  } catch (error) {
    throw explainLoad(id, error);
  }
}

type Json = Readonly<Record<string, unknown>>;

/** What transformers.js keeps of a model's files, under names that it does not document. */
function read(model: PreTrainedModel, tokenizer: PreTrainedTokenizer, options: PipelineOptions) {
  const config = model.config as unknown as Json & { readonly model_type?: string };
  const { id = config.model_type ?? 'model' } = options;
  const files = tokenizer as unknown as {
    readonly _tokenizerJSON?: Json;
    readonly _tokenizerConfig?: Json;
    readonly chat_template?: unknown;
  };
  const { _tokenizerJSON: json, _tokenizerConfig: tokenizerConfig, chat_template: template } = files;
  if (json === undefined || tokenizerConfig === undefined)
    throw new LabError('not-supported', `The tokenizer of ${id} does not keep its files.`, {
      advice: 'Load the model with @huggingface/transformers 4.',
    });
  const description: ModelDescription = describe({
    config,
    generation: model.generation_config as unknown as Json | null,
    tokenizer: json,
    tokenizerConfig: { ...tokenizerConfig, ...(typeof template === 'string' && { chat_template: template }) },
  });
  return { id, description, device: deviceOf(model) };
}

const deviceOf = ({ sessions }: PreTrainedModel): 'wasm' | 'webgpu' => {
  const parts = Object.values(sessions as Record<string, { readonly config?: { readonly device?: string } }>);
  return parts.some(({ config }) => config?.device === 'webgpu') ? 'webgpu' : 'wasm';
};
