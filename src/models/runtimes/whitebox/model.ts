/** @file A Llama-family model behind the white-box contract, and views of it with edits or trained weights. */
import type { ArrayDevice } from '../../arrays/array-device.ts';
import type { ChatTokenizer } from '../../chat-tokenizer.ts';
import { createGenerate } from '../../decoding/generate.ts';
import { checkFinite, checkedGradients, checkedScoring } from '../../decoding/numbers.ts';
import type {
  Learner,
  LearnerOptions,
  ModelEdit,
  ResidualEdit,
  WhiteBoxModel,
} from '../../language-model.ts';
import { checkWeights } from '../../llama-weights.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { arrangeAdapters, uploadScale } from './adapters.ts';
import { attention } from './attention.ts';
import { PrefixCache } from './caches.ts';
import { noAdapters, type Engine } from './engine.ts';
import { checkEdit, createResidualEditor, generateEdited, noEdits, withSoftTokens } from './edits.ts';
import { explain } from './errors.ts';
import { embeddingGradient, embeddings, hiddenStates, inputGradient, tokenGradient } from './gradients.ts';
import { layerLogProbs } from './layer-logits.ts';
import { checkFits, trainerBytes } from './memory.ts';
import { Programs } from './programs.ts';
import { scoreTargets } from './scoring.ts';
import { openSession } from './session.ts';
import { batchOf, createAdapterTrainer, createTrainer } from './train.ts';
import { weightGradients } from './weight-gradients.ts';
import {
  arrangeWeights,
  disposeWeights,
  downloadWeights,
  uploadTensors,
  uploadWeights,
  type DeviceWeights,
} from './weights.ts';

/** A model of the Llama family on a device of this thread. */
export interface LlamaModel extends WhiteBoxModel {
  readonly config: LlamaConfig;
  edited(edit: ModelEdit): LlamaModel;
  /** Free what this model holds on the device. */
  dispose(): void;
}

export interface LlamaModelParts {
  readonly id: string;
  readonly config: LlamaConfig;
  readonly device: ArrayDevice;
  readonly tokenizer: ChatTokenizer;
}

/** A model or a view of it: the parts it shares with others, and what it owns itself. */
interface View {
  readonly parts: LlamaModelParts;
  readonly engine: Engine;
  readonly residual: readonly ResidualEdit[];
  /** Frees what this view owns. */
  release(): void;
}

/** Copies `weights` to the device. @throws LabError 'bad-model' if they do not fit. */
export const createWhiteBoxModel = ({
  weights,
  ...parts
}: LlamaModelParts & { readonly weights: Tensors }): LlamaModel =>
  modelOn(parts, uploadWeights(parts.device, parts.config, checkWeights(parts.config, weights)));

/** A model that owns weights which are on its device already. */
export function modelOn(parts: LlamaModelParts, weights: DeviceWeights): LlamaModel {
  const { id, config, device, tokenizer } = parts;
  const programs = new Programs(device, config);
  const vocabSize = Math.min(config.vocabSize, tokenizer.vocabSize);
  const engine: Engine = {
    ...{ device, config, programs, weights },
    limits: { id, vocabSize, contextWindow: config.maxPositions },
    inputVocabSize: vocabSize,
    soft: null,
    edits: noEdits,
    adapters: noAdapters,
    prefix: new PrefixCache(),
  };
  const release = () => {
    disposeWeights(weights);
    engine.prefix.dispose();
    programs.dispose();
  };
  return present({ parts, engine, residual: [], release });
}

const computes = { precision: 'float32', why: 'Gradients are computed in single precision.' } as const;

function present(view: View): LlamaModel {
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
      weightGradients: (requests, use, options) =>
        explain(id, weightGradients(engine, requests, use, options)),
      embeddings: (ids, options) => explain(id, embeddings(engine, ids, options)),
      hiddenStates: (prompt, options) => explain(id, hiddenStates(engine, prompt, options)),
      inputGradient: (prompt, cotangents, options) =>
        explain(id, inputGradient(engine, prompt, cotangents, options)),
    }),
    async layerLogProbs(prompt, positions, options) {
      const layers = await explain(id, layerLogProbs(engine, prompt, positions, options));
      for (const values of layers.flat()) checkFinite(id, 'log-probs between layers', values);
      return layers;
    },
    async attention(prompt, positions, options) {
      const layers = await explain(id, attention(engine, prompt, positions, options));
      for (const values of layers.flat()) checkFinite(id, 'shares of attention', values);
      return layers;
    },
    parameters: () => explain(id, downloadWeights(parts.device, config, engine.weights)),
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

/** The models it returns share the programs, so that they compile none of their own. */
async function learnerOf({ parts, engine }: View, options: LearnerOptions): Promise<Learner> {
  const { config, device, id } = parts;
  const { adapters: low } = options;
  if (!low)
    checkFits(
      device,
      `Training all weights of ${id}`,
      trainerBytes(config).device,
      'Train low-rank adapters, or a smaller model.',
    );
  const trainer = low
    ? createAdapterTrainer(device, config, { adapters: low, beside: engine.weights, from: low.from }, options)
    : createTrainer(device, config, await downloadWeights(device, config, engine.weights), options);
  /** The engine with a copy of what was trained, and what frees the copy. */
  const copy = async (): Promise<Pick<View, 'engine' | 'release'>> => {
    const named = uploadTensors(device, await trainer.weights());
    const prefix = new PrefixCache();
    const scale = low ? uploadScale(device, low) : null;
    const trained = low
      ? { adapters: arrangeAdapters(config, low, named, scale!) }
      : { weights: arrangeWeights(config, named), adapters: noAdapters };
    return {
      engine: {
        ...{ ...engine, ...trained, prefix },
        ...{ soft: null, edits: noEdits, inputVocabSize: engine.limits.vocabSize },
      },
      release() {
        for (const array of named.values()) array.dispose();
        scale?.dispose();
        prefix.dispose();
      },
    };
  };
  const step: Learner['step'] = async (...batches) => {
    const taken = await explain(id, trainer.step(...batches));
    checkFinite(id, 'losses of a training step', Float32Array.of(taken.loss, taken.gradNorm));
    return taken;
  };
  return {
    ...trainer,
    step,
    learn: async (rows) => (await step(batchOf(rows))).loss,
    model: async () => present({ parts, residual: [], ...(await copy()) }),
    adapters: () => trainer.weights(),
    dispose: () => trainer.dispose(),
  };
}

function editedView(view: View, edit: ModelEdit): View {
  const { config, tokenizer, device } = view.parts;
  checkEdit(edit, config);
  const residual = [...view.residual, ...(edit.residual ?? [])];
  const edits = createResidualEditor(device, config, view.engine.programs, residual);
  const prefix = new PrefixCache();
  const edited = { ...view.engine, edits, prefix };
  const release = () => {
    edits.dispose();
    prefix.dispose();
  };
  if (!edit.softTokens) return { ...view, engine: edited, residual, release };
  const { vectors, at } = edit.softTokens;
  const count = vectors.length;
  const soft = device.upload([count, config.hiddenSize], Float32Array.from(vectors.flat()));
  const softIds = Array.from({ length: count }, (_, i) => config.vocabSize + i);
  return {
    residual,
    parts: { ...view.parts, tokenizer: withSoftTokens(tokenizer, softIds, at) },
    engine: { ...edited, soft, inputVocabSize: config.vocabSize + count },
    release() {
      release();
      soft.dispose();
    },
  };
}
