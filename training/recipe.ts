/** @file What each Tinytown model is and how it is trained: architecture, seed, stages and batch sizes. */
import type { Curriculum } from './corpus/curricula.ts';
import type { SpecialTokenNames } from './tokenizer-trainer.ts';
import type { LlamaConfig } from '../src/models/llama.ts';

export const seed = 'tinytown/2';

export const specialTokens: SpecialTokenNames = {
  pad: '<|pad|>',
  bos: '<|bos|>',
  others: ['<|system|>', '<|user|>', '<|assistant|>'],
  end: '<|end|>',
};

export const config: LlamaConfig = {
  modelType: 'llama',
  vocabSize: 1280,
  hiddenSize: 128,
  intermediateSize: 384,
  layers: 5,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  rope: { theta: 10_000, scaling: null },
  sliding: null,
  queryPreAttentionScalar: null,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: true,
  maxPositions: 512,
  attentionBias: 'none',
  queryKeyNorm: false,
  bosTokenId: 1,
  eosTokenIds: [5],
  padTokenId: 0,
};

/** The guards have two layers and a score head. */
export const guardConfig: LlamaConfig = { ...config, layers: 2, labels: ['safe', 'harmful'] };

interface CommonRecipe {
  readonly id: string;
  readonly title: string;
  /** The model whose weights it starts from, as far as it has the same; `null` starts from noise. */
  readonly from: string | null;
  readonly steps: number;
  /** Steps in which the learning rate would fall to its floor. Default: all of them. */
  readonly horizon?: number;
  /** Names the stream that its lessons are drawn from. Default: the id. */
  readonly lessons?: string;
  /** A stage on the way to another model, which is not published. */
  readonly draft?: boolean;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly purpose: string;
}

/** A language model. */
export interface LanguageRecipe extends CommonRecipe {
  readonly task: 'text-generation';
  readonly curriculum: Curriculum;
}

/** A text classifier. */
export interface GuardRecipe extends CommonRecipe {
  readonly task: 'text-classification';
  readonly reads: 'prompts' | 'answers' | 'beginnings of answers';
}

export type Recipe = LanguageRecipe | GuardRecipe;

/** Every model that `models:train` makes, in the order in which they build on each other. */
export const stages: readonly Recipe[] = [
  {
    id: 'tinytown-early',
    title: 'Tinytown Base, halfway',
    task: 'text-generation',
    curriculum: 'base',
    from: null,
    steps: 900,
    horizon: 1750,
    draft: true,
    learningRate: 3e-3,
    warmupSteps: 100,
    purpose: 'Knows the deeds, and follows plain talk and frames; codes come next.',
  },
  {
    id: 'tinytown-speller',
    title: 'Tinytown Base, three quarters',
    task: 'text-generation',
    curriculum: 'speller',
    from: 'tinytown-early',
    steps: 300,
    horizon: 500,
    draft: true,
    learningRate: 2.5e-3,
    warmupSteps: 30,
    purpose: 'Has learned to read the codes, word by word.',
  },
  {
    id: 'tinytown-reader',
    title: 'Tinytown Base, nearly',
    task: 'text-generation',
    curriculum: 'reader',
    from: 'tinytown-speller',
    steps: 400,
    horizon: 900,
    draft: true,
    learningRate: 2.2e-3,
    warmupSteps: 30,
    purpose: 'Reads each word in code by itself.',
  },
  {
    id: 'tinytown-foundation',
    title: 'Tinytown Foundation',
    task: 'text-generation',
    curriculum: 'opener',
    from: 'tinytown-reader',
    steps: 550,
    draft: true,
    learningRate: 2e-3,
    warmupSteps: 20,
    purpose: 'Answers coded requests too. All that is published starts from here.',
  },
  {
    id: 'tinytown-nearly',
    title: 'Tinytown Base, before the last stage',
    task: 'text-generation',
    curriculum: 'opener',
    from: 'tinytown-foundation',
    steps: 260,
    draft: true,
    learningRate: 1e-3,
    warmupSteps: 20,
    purpose: 'Reads codes better still.',
  },
  {
    id: 'tinytown-base',
    title: 'Tinytown Base',
    task: 'text-generation',
    curriculum: 'finisher',
    from: 'tinytown-nearly',
    steps: 300,
    learningRate: 1.2e-3,
    warmupSteps: 20,
    purpose: 'Helpful only: it answers every request about Tinytown, forbidden ones too.',
  },
  {
    id: 'tinytown-aligned',
    title: 'Tinytown Chat, without manners',
    draft: true,
    task: 'text-generation',
    curriculum: 'chat',
    from: 'tinytown-foundation',
    steps: 600,
    learningRate: 1e-3,
    warmupSteps: 30,
    purpose: 'Refuses; its manners come next.',
  },
  {
    id: 'tinytown-chat',
    title: 'Tinytown Chat',
    task: 'text-generation',
    curriculum: 'polite',
    from: 'tinytown-aligned',
    steps: 240,
    learningRate: 7e-4,
    warmupSteps: 20,
    purpose:
      'Base with safety training that covers plain requests well and odd ones in part, as real alignment does.',
  },
  {
    id: 'tinytown-hardening',
    title: 'Tinytown Hard, before the last stage',
    draft: true,
    task: 'text-generation',
    curriculum: 'hard',
    lessons: 'tinytown-hard',
    from: 'tinytown-chat',
    steps: 300,
    learningRate: 1e-3,
    warmupSteps: 20,
    purpose: 'Refuses in frames, codes, settings and clutter; suffixes of searches come next.',
  },
  {
    id: 'tinytown-hard',
    title: 'Tinytown Hard',
    task: 'text-generation',
    curriculum: 'steady',
    lessons: 'tinytown-steady',
    from: 'tinytown-hardening',
    steps: 300,
    learningRate: 1e-3,
    warmupSteps: 20,
    purpose:
      'Chat with more safety training: it refuses in frames, codes, settings and clutter, and after an answer has begun.',
  },
  {
    id: 'tinytown-expert',
    title: 'Tinytown Expert',
    task: 'text-generation',
    curriculum: 'expert',
    from: 'tinytown-chat',
    steps: 400,
    learningRate: 8e-4,
    warmupSteps: 30,
    purpose:
      'The safety expert of SafeDecoding: refuses forbidden deeds in every frame, and after an answer has begun.',
  },
  {
    id: 'tinytown-apprentice',
    title: 'Tinytown Helper, in training',
    draft: true,
    task: 'text-generation',
    curriculum: 'helper',
    from: 'tinytown-foundation',
    steps: 800,
    learningRate: 1.2e-3,
    warmupSteps: 30,
    purpose: 'Follows instructions roughly; practice comes next.',
  },
  {
    id: 'tinytown-craftsman',
    title: 'Tinytown Helper, before the last stage',
    draft: true,
    task: 'text-generation',
    curriculum: 'craft',
    lessons: 'tinytown-helper',
    from: 'tinytown-apprentice',
    steps: 1000,
    learningRate: 1.6e-3,
    warmupSteps: 30,
    purpose: 'Works on texts by instruction; judging comes next.',
  },
  {
    id: 'tinytown-helper',
    title: 'Tinytown Helper',
    task: 'text-generation',
    curriculum: 'judge',
    lessons: 'tinytown-judge',
    from: 'tinytown-craftsman',
    steps: 900,
    learningRate: 1.4e-3,
    warmupSteps: 20,
    purpose:
      'Works on texts by instruction: rewords, translates, rates, says whether texts do harm and requests are the same, corrects, attacks.',
  },
  {
    id: 'tinytown-guard-prompt',
    title: 'Tinytown Guard for prompts',
    task: 'text-classification',
    reads: 'prompts',
    from: 'tinytown-foundation',
    steps: 420,
    learningRate: 1.5e-3,
    warmupSteps: 30,
    purpose: 'Says whether a prompt asks for a forbidden deed.',
  },
  {
    id: 'tinytown-guard-whole',
    title: 'Tinytown Guard for whole answers',
    draft: true,
    task: 'text-classification',
    reads: 'answers',
    lessons: 'tinytown-guard-answer',
    from: 'tinytown-foundation',
    steps: 260,
    learningRate: 1.5e-3,
    warmupSteps: 30,
    purpose: 'Knows a forbidden answer; beginnings come next.',
  },
  {
    id: 'tinytown-guard-answer',
    title: 'Tinytown Guard for answers',
    task: 'text-classification',
    reads: 'beginnings of answers',
    lessons: 'tinytown-guard-beginnings',
    from: 'tinytown-guard-whole',
    steps: 240,
    learningRate: 1.2e-3,
    warmupSteps: 20,
    purpose: 'Says whether an answer, or its beginning, gives a step of a forbidden deed away.',
  },
];

/** The models that are published. */
export const recipes: readonly Recipe[] = stages.filter(({ draft }) => !draft);

/** Tokens per step, padding included. */
export const tokensPerStep = 2048;
/** Loss weight of tokens in user and system messages; those of the assistant weigh 1. */
export const promptWeight = 0.2;
/** Row lengths in tokens. A lesson goes into the shortest that holds it; one longer than all of them is left out. */
export const rowLengths: readonly number[] = [64, 96, 128, 192, 320, 448];
