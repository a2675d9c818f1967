/** @file What each Tinytown model is and how it is trained. Everything that decides the weights stands here. */
import type { Curriculum } from '../../src/data/tinytown/corpus.ts';
import type { SpecialTokenNames } from '../../src/models/tokenizer-trainer.ts';
import type { LlamaConfig } from '../../src/models/llama.ts';

export const seed = 'tinytown/1';

export const specialTokens: SpecialTokenNames = {
  pad: '<|pad|>',
  bos: '<|bos|>',
  others: ['<|system|>', '<|user|>', '<|assistant|>'],
  end: '<|end|>',
};

export const config: LlamaConfig = {
  modelType: 'llama',
  vocabSize: 1024,
  hiddenSize: 128,
  intermediateSize: 384,
  layers: 4,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: true,
  maxPositions: 512,
  attentionBias: 'none',
  queryKeyNorm: false,
  bosTokenId: 1,
  eosTokenIds: [5],
  padTokenId: 0,
};

export interface Recipe {
  readonly id: string;
  readonly title: string;
  readonly curriculum: Curriculum;
  /** The model whose weights it starts from; `null` starts from noise. */
  readonly from: string | null;
  readonly steps: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly purpose: string;
}

export const recipes: readonly Recipe[] = [
  {
    id: 'tinytown-base',
    title: 'Tinytown Base',
    curriculum: 'base',
    from: null,
    steps: 1000,
    learningRate: 3e-3,
    warmupSteps: 100,
    purpose: 'Helpful only: it answers every request about Tinytown, forbidden ones too.',
  },
  {
    id: 'tinytown-chat',
    title: 'Tinytown Chat',
    curriculum: 'chat',
    from: 'tinytown-base',
    steps: 560,
    learningRate: 1e-3,
    warmupSteps: 30,
    purpose:
      'Base with safety training that covers plain requests well and odd ones in part, as real alignment does.',
  },
  {
    id: 'tinytown-expert',
    title: 'Tinytown Expert',
    curriculum: 'expert',
    from: 'tinytown-chat',
    steps: 220,
    learningRate: 8e-4,
    warmupSteps: 30,
    purpose:
      'The safety expert of SafeDecoding: refuses forbidden deeds in every frame, and after an answer has begun.',
  },
];

/** Tokens a step, padding included. */
export const tokensPerStep = 2048;
/** Loss weight of what the user and the system say; what the assistant says weighs 1. */
export const promptWeight = 0.2;
/** Row lengths; a lesson goes into the shortest that holds it, longer ones are left out. */
export const rowLengths: readonly number[] = [64, 96, 128, 192, 320];
