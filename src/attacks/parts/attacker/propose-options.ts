/** @file The options of an attacker model that proposes prompts. */
import { choice, integer, number } from '../../../core/options.ts';

export const proposeOptions = {
  protocol: choice({
    description:
      'What the attacker is asked for: JSON with a memory of earlier prompts, or plain text with the last prompt, its answer and its score. "auto" decides once, by the first prompt: JSON, unless the attacker ends its replies without any.',
    choices: ['auto', 'json', 'plain'],
    default: 'auto',
  }),
  attempts: integer({
    description: 'Replies of the attacker that are read before a prompt is given up; PAIR and TAP use 5.',
    default: 5,
    min: 1,
    max: 20,
    unit: 'replies',
  }),
  keepLast: integer({
    description: 'Exchanges that the attacker remembers; PAIR uses 4, TAP 3.',
    default: 3,
    min: 1,
    max: 20,
    unit: 'exchanges',
  }),
  attackerTokens: integer({
    description: 'Most tokens that the attacker may write; PAIR and TAP use 500.',
    default: 500,
    min: 16,
    max: 2048,
    unit: 'tokens',
  }),
  attackerTemperature: number({
    description: 'Temperature of the attacker, whose prompts should vary; PAIR and TAP use 1.',
    default: 1,
    min: 0,
    max: 2,
  }),
} as const;

export interface ProposeOptions {
  readonly protocol: 'auto' | 'json' | 'plain';
  readonly attempts: number;
  readonly keepLast: number;
  readonly attackerTokens: number;
  readonly attackerTemperature: number;
}
