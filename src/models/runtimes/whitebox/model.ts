/** @file A model in jax-js behind the white-box contract, and views of it with edits or trained weights. */
import { defaultDevice, numpy as np } from '@jax-js/jax';
import type { ChatTokenizer } from '../../chat-tokenizer.ts';
import { createGenerate } from '../../decoding/generate.ts';
import { checkFinite, checkedGradients, checkedScoring } from '../../decoding/numbers.ts';
import type { Learner, ModelEdit, ResidualEdit, WhiteBoxModel } from '../../language-model.ts';
import { checkWeights } from '../../llama-weights.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { float32, chooseExecution } from './device.ts';
import { ContextCache, type Engine } from './engine.ts';
import { checkEdit, createResidualEditor, generateEdited, noEdits, withSoftTokens } from './edits.ts';
import { explain } from './errors.ts';
import { embeddingGradient, hiddenGradient, hiddenStates, tokenGradient } from './gradients.ts';
import { createPrograms } from './programs.ts';
import { scoreTargets } from './scoring.ts';
import { openSession } from './session.ts';
import { batchOf, createTrainer } from './train.ts';
import type { TrainerOptions } from './training.ts';
import { disposeWeights, downloadWeights, uploadWeights } from './weights.ts';

export interface JaxModel extends WhiteBoxModel {
  readonly config: LlamaConfig;
  edited(edit: ModelEdit): JaxModel;
  /** Free what this model holds on the device. */
  dispose(): void;
}

export interface JaxModelParts {
  readonly id: string;
  readonly config: LlamaConfig;
  readonly weights: Tensors;
  readonly tokenizer: ChatTokenizer;
}

/** Values of one intermediate array: what fits a processor's cache, or what one GPU dispatch handles well. */
const chunkValues = { wasm: 2 ** 20, webgpu: 2 ** 24 } as const;

/** A model or a view of it: the parts it shares with others, and what it owns itself. */
interface View {
  readonly parts: Omit<JaxModelParts, 'weights'>;
  readonly engine: Engine;
  readonly residual: readonly ResidualEdit[];
  /** Frees what this view owns. */
  release(): void;
}

/** A model on jax-js's default device; `init()` must have run. @throws LabError 'bad-model' if weights do not fit. */
export function createWhiteBoxModel({ weights: checkpoint, ...parts }: JaxModelParts): JaxModel {
  const { id, config, tokenizer } = parts;
  const weights = uploadWeights(config, checkWeights(config, checkpoint));
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

const computes = { precision: 'float32', why: 'Gradients are computed in single precision.' } as const;

function present(view: View): JaxModel {
  const { parts, engine } = view;
  const { id, config, tokenizer } = parts;
  const shared = {
    id,
    contextWindow: config.maxPositions,
    computes,
    tokenizer,
    ...checkedScoring(id, {
      open: (prompts, options) => explain(id, openSession(engine, prompts, options)),
      logProbs: (requests, options) => explain(id, scoreTargets(engine, requests, options)),
    }),
  } satisfies Partial<WhiteBoxModel>;
  const edited = (edit: ModelEdit) => present(editedView(view, edit));
  let disposed = false;
  return {
    ...shared,
    config,
    access: 'white-box',
    generate: generateEdited(createGenerate(shared), edited),
    ...checkedGradients(id, {
      tokenGradient: (request, options) => explain(id, tokenGradient(engine, request, options)),
      embeddingGradient: (request, options) => explain(id, embeddingGradient(engine, request, options)),
      hiddenStates: (prompt, options) => explain(id, hiddenStates(engine, prompt, options)),
      hiddenGradient: (prompt, cotangent, options) =>
        explain(id, hiddenGradient(engine, prompt, cotangent, options)),
    }),
    parameters: () => explain(id, downloadWeights(config, engine.weights)),
    edited,
    withPrompts: (settings) =>
      present({
        ...view,
        parts: { ...parts, tokenizer: tokenizer.withSettings(settings) },
        release: () => undefined,
      }),
    learner: (options) => explain(id, learnerOf(view, options)),
    dispose() {
      if (!disposed) view.release();
      disposed = true;
    },
  };
}

/** The models it returns share the compiled programs, so that they need no compilation of their own. */
async function learnerOf(
  { parts, engine }: View,
  options: Pick<TrainerOptions, 'learningRate'>,
): Promise<Learner> {
  const { config } = parts;
  const trainer = createTrainer(config, await downloadWeights(config, engine.weights), options);
  return {
    async learn(rows) {
      const { loss } = await trainer.step(batchOf(rows));
      checkFinite(parts.id, 'losses of a training step', Float32Array.of(loss));
      return loss;
    },
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

function editedView(view: View, edit: ModelEdit): View {
  const { config, tokenizer } = view.parts;
  checkEdit(edit, config);
  const residual = [...view.residual, ...(edit.residual ?? [])];
  const edits = createResidualEditor(config, residual);
  const edited = { ...view, engine: { ...view.engine, edits }, residual, release: () => edits.dispose() };
  if (!edit.softTokens) return edited;
  const { vectors, at } = edit.softTokens;
  const count = vectors.length;
  const rows = float32(Float32Array.from(vectors.flat()), [count, config.hiddenSize]);
  const table = np.concatenate([view.engine.weights.embedding.ref, rows], 0);
  const softIds = Array.from({ length: count }, (_, i) => config.vocabSize + i);
  return {
    ...edited,
    parts: { ...view.parts, tokenizer: withSoftTokens(tokenizer, softIds, at) },
    engine: { ...edited.engine, table, inputVocabSize: config.vocabSize + count },
    release() {
      edits.dispose();
      table.dispose();
    },
  };
}
