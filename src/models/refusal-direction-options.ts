/** @file Options of the methods that search for the refusal direction. */
import { integer, number } from '../core/options.ts';

export const directionOptions = {
  prompts: integer({
    description:
      'Most requests of each kind; a quarter is held out to select the direction. The paper uses 160.',
    default: 24,
    min: 4,
    max: 512,
    unit: 'requests',
  }),
  positions: integer({
    description:
      'Most tokens after the request at which directions are computed. The default takes all that a chat template has there, as the paper does: five for Qwen and Llama 3.',
    default: 16,
    min: 1,
    max: 64,
    unit: 'tokens',
  }),
  depth: number({
    description: 'Share of the layers, from the first on, at which directions are computed.',
    default: 0.8,
    min: 0,
    max: 1,
  }),
  mostDrift: number({
    description:
      'Largest change that the removal may cause in the first token of answers to harmless requests (KL divergence).',
    default: 0.1,
    min: 0,
    max: 10,
    unit: 'nats',
  }),
} as const;
