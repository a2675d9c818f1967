/** @file The options of GCG. */
import { LabError } from '../../core/errors.ts';
import { boolean, choice, integer, number } from '../../core/options.ts';
import { testOptions } from '../parts/success/options.ts';
import { proposalOptions } from '../parts/suffix/coordinate-search.ts';

export const gcgOptions = {
  steps: integer({
    description: 'Gradient steps; the paper uses 500.',
    default: 50,
    min: 1,
    max: 5000,
    unit: 'steps',
  }),
  ...proposalOptions,
  testEvery: integer({
    description: "Steps between tests by greedy generation; 0 never tests. The paper's code uses 50.",
    default: 10,
    min: 0,
    max: 1000,
    unit: 'steps',
  }),
  end: choice({
    description:
      'What ends the search: an answer that is a success, as `success` decides; one that is not a refusal, as in the paper; or one that opens with the target.',
    choices: ['answer', 'no-refusal', 'target'],
    default: 'answer',
  }),
  ...testOptions,
  testTokens: {
    ...testOptions.testTokens,
    description:
      "Most tokens of the answer in a test, at least those of the target; the paper's code has 32.",
  },
  accept: choice({
    description:
      'Without a buffer: a step always moves to its best suffix, or moves to a worse one with falling probability.',
    choices: ['always', 'annealed'],
    default: 'always',
  }),
  buffer: integer({
    description: 'Best suffixes to continue from; 0 always continues from the latest.',
    default: 0,
    min: 0,
    max: 64,
    unit: 'suffixes',
  }),
  objective: choice({
    description:
      'What the search minimizes: the loss of the target, candidates being ranked by its cross-entropy or mellowmax; or the expected reward of sampled answers, negated (REINFORCE).',
    choices: ['cross-entropy', 'mellowmax', 'reinforce'],
    default: 'cross-entropy',
  }),
  samples: integer({
    description:
      'Reinforce only: random answers sampled in each step, beside the greedy one; the paper uses 1.',
    default: 1,
    min: 0,
    max: 64,
    unit: 'answers',
  }),
  sampleTemperature: number({
    description: 'Reinforce only: temperature of the random answers.',
    default: 0.7,
    min: 0.01,
    max: 5,
  }),
  sampleTokens: integer({
    description:
      'Reinforce only: most tokens of each answer, never fewer than the target has; the paper uses 128.',
    default: 64,
    min: 2,
    max: 1024,
    unit: 'tokens',
  }),
  sharpness: number({
    description:
      'Mellowmax only: near 0 it is the mean of the token losses; large values approach their maximum.',
    default: 1,
    min: 0.01,
    max: 100,
  }),
  probe: boolean({
    description: 'Let the scorer, a smaller model, preselect the candidates (probe sampling).',
    default: false,
  }),
} as const;

/** @throws LabError 'bad-options' for what cannot be joined */
export function checkReinforce({
  objective,
  ...options
}: {
  readonly objective: string;
  readonly buffer: number;
  readonly probe: boolean;
  readonly accept: string;
}): void {
  if (objective !== 'reinforce') return;
  if (options.buffer === 0 && !options.probe && options.accept === 'always') return;
  throw new LabError('bad-options', 'GCG with sampled answers takes no buffer, no draft and no annealing.', {
    advice:
      'Its losses compare the suffixes of one step only: leave "buffer", "probe" and "accept" at their defaults.',
  });
}
