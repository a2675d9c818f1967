/** @file A model in jax-js behind the white-box contract, and the same model with interventions. */
import { defaultDevice, numpy as np } from '@jax-js/jax';
import type { ChatMessage } from '../../../core/chat.ts';
import type { ChatTokenizer, PromptOptions } from '../../chat-tokenizer.ts';
import { createGenerate } from '../../decoding/generate.ts';
import type { Learner, ModelEdit, WhiteBoxModel } from '../../language-model.ts';
import { checkWeights, type LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { float32 } from './context.ts';
import { ContextCache, type Engine } from './engine.ts';
import { afterBos, generateEdited, interventionOf } from './edits.ts';
import { chooseExecution } from './execution.ts';
import { explain } from './errors.ts';
import { embeddingGradient, hiddenGradient, hiddenStates, tokenGradient } from './gradients.ts';
import { createEditor, noEdits, type ResidualEdit } from './interventions.ts';
import { createPrograms } from './programs.ts';
import { scoreTargets } from './scoring.ts';
import { openSession } from './session.ts';
import { batchOf, createTrainer } from './train.ts';
import type { TrainerOptions } from './training.ts';
import { disposeWeights, downloadWeights, uploadWeights } from './weights.ts';

export interface Intervention {
  /**
   * Vectors that act as tokens, row-major [count, d]. Their ids are V, V + 1 …; `place` puts them into every prompt
   * that the tokenizer writes. Default: after BOS or, for want of one, first. They can be given in token ids, too.
   */
  readonly softTokens?: {
    readonly vectors: Float32Array;
    readonly place?: Place;
  };
  /** In order; several may act at one boundary. */
  readonly residual?: readonly ResidualEdit[];
}

/** Puts soft tokens into the ids of a templated conversation. */
export type Place = (
  prompt: readonly number[],
  softIds: readonly number[],
  messages: readonly ChatMessage[],
  options: PromptOptions,
) => number[];

export interface JaxModel extends WhiteBoxModel {
  readonly config: LlamaConfig;
  /**
   * The same model with an intervention, in addition to those it has (soft tokens: instead of those it has). It shares
   * the weights, costs little, and can be used beside this one. Dispose it before this one.
   */
  intervene(intervention: Intervention): JaxModel;
  edited(edit: ModelEdit): JaxModel;
  /** The same architecture and tokenizer with other weights, after training. */
  withWeights(weights: Tensors): JaxModel;
  /** Free what this model holds on the device. */
  dispose(): void;
}

export interface JaxModelParts {
  readonly id: string;
  readonly config: LlamaConfig;
  readonly weights: Tensors;
  readonly tokenizer: ChatTokenizer;
}

/** Values of one intermediate array: what stays in a processor's cache, or what a GPU takes in one bite. */
const chunkValues = { wasm: 2 ** 20, webgpu: 2 ** 24 } as const;

/** What a model and its views have in common, and what each has of its own. */
interface View {
  readonly parts: Omit<JaxModelParts, 'weights'>;
  readonly engine: Engine;
  readonly residual: readonly ResidualEdit[];
  /** Frees what this view owns. */
  release(): void;
}

/** A model on jax-js's default device; `init()` must have run. @throws LabError 'bad-model' if weights do not fit. */
export function createWhiteBoxModel({ weights: given, ...parts }: JaxModelParts): JaxModel {
  const { id, config, tokenizer } = parts;
  const weights = uploadWeights(config, checkWeights(config, given));
  const contexts = new ContextCache(config);
  const programs = createPrograms(config);
  const vocabSize = Math.min(config.vocabSize, tokenizer.vocabSize);
  const engine: Engine = {
    config,
    limits: { id, vocabSize, contextWindow: config.maxPositions },
    inputVocabSize: vocabSize,
    programs,
    execution: chooseExecution(),
    contexts,
    weights,
    table: weights.embedding,
    edits: noEdits,
    chunkValues: defaultDevice() === 'webgpu' ? chunkValues.webgpu : chunkValues.wasm,
  };
  const release = () => {
    disposeWeights(weights);
    contexts.dispose();
    programs.dispose();
  };
  return present({ parts, engine, residual: [], release });
}

function present(view: View): JaxModel {
  const { parts, engine } = view;
  const { id, config, tokenizer } = parts;
  const shared = {
    id,
    contextWindow: config.maxPositions,
    tokenizer,
    open: (prompts, options) => explain(id, openSession(engine, prompts, options)),
  } satisfies Partial<WhiteBoxModel>;
  const edited = (edit: ModelEdit) => present(intervened(view, interventionOf(edit, config, tokenizer)));
  let disposed = false;
  return {
    ...shared,
    config,
    access: 'white-box',
    generate: generateEdited(createGenerate(shared), edited),
    logProbs: (requests, options) => explain(id, scoreTargets(engine, requests, options)),
    tokenGradient: (request, options) => explain(id, tokenGradient(engine, request, options)),
    embeddingGradient: (request, options) => explain(id, embeddingGradient(engine, request, options)),
    hiddenStates: (prompt, options) => explain(id, hiddenStates(engine, prompt, options)),
    hiddenGradient: (prompt, cotangent, options) =>
      explain(id, hiddenGradient(engine, prompt, cotangent, options)),
    parameters: () => explain(id, downloadWeights(config, engine.weights)),
    intervene: (intervention) => present(intervened(view, intervention)),
    edited,
    learner: (options) => explain(id, learnerOf(view, options)),
    withWeights: (weights) => createWhiteBoxModel({ ...parts, weights }),
    dispose() {
      if (!disposed) view.release();
      disposed = true;
    },
  };
}

/** Models it gives out share the compiled programs, so that they answer at once. */
async function learnerOf(
  { parts, engine }: View,
  options: Pick<TrainerOptions, 'learningRate'>,
): Promise<Learner> {
  const { config } = parts;
  const trainer = createTrainer(config, await downloadWeights(config, engine.weights), options);
  return {
    learn: async (rows) => (await trainer.step(batchOf(rows))).loss,
    async model() {
      const weights = uploadWeights(config, await trainer.weights());
      const { vocabSize } = engine.limits;
      const trained = { weights, table: weights.embedding, inputVocabSize: vocabSize, edits: noEdits };
      return present({
        parts,
        engine: { ...engine, ...trained },
        residual: [],
        release: () => disposeWeights(weights),
      });
    },
    dispose: () => trainer.dispose(),
  };
}

function intervened(view: View, { softTokens, residual = [] }: Intervention): View {
  const { config } = view.parts;
  const { weights } = view.engine;
  const edits = [...view.residual, ...residual];
  const editor = createEditor(config, edits);
  if (!softTokens)
    return {
      ...view,
      engine: { ...view.engine, edits: editor },
      residual: edits,
      release: () => editor.dispose(),
    };
  const { vectors, place = afterBos(view.parts.tokenizer) } = softTokens;
  const count = vectors.length / config.hiddenSize;
  if (!Number.isInteger(count) || count === 0)
    throw new RangeError(`Soft tokens need ${config.hiddenSize} values each; ${vectors.length} were given.`);
  const table = np.concatenate(
    [weights.embedding.ref, float32(vectors.slice(), [count, config.hiddenSize])],
    0,
  );
  const softIds = Array.from({ length: count }, (_, i) => config.vocabSize + i);
  return {
    ...view,
    parts: { ...view.parts, tokenizer: withSoftTokens(view.parts.tokenizer, softIds, place) },
    engine: { ...view.engine, edits: editor, table, inputVocabSize: config.vocabSize + count },
    residual: edits,
    release() {
      editor.dispose();
      table.dispose();
    },
  };
}

const withSoftTokens = (
  tokenizer: ChatTokenizer,
  softIds: readonly number[],
  place: Place,
): ChatTokenizer => ({
  ...tokenizer,
  prompt: (messages, options = {}) => place(tokenizer.prompt(messages, options), softIds, messages, options),
  decode: (ids) => tokenizer.decode(ids.filter((id) => !softIds.includes(id))),
});
