/**
 * @file How long attacks take before any has been timed: per behavior, in answers of the same model. Measured with default
 * options on Tinytown (of Crescendo, GOAT, PAIR, ReNeLLM and TAP with fewer prompts, and scaled); on other models and with other options they only say which attacks are long.
 */
import type { Access } from '../../../core/method.ts';

const measured: Readonly<Record<string, number>> = {
  advprompter: 135,
  artprompt: 60,
  'assistant-prefix': 2,
  autodan: 65,
  'autodan-seeds': 10,
  beast: 25,
  'best-of-n': 75,
  cipher: 30,
  'code-chameleon': 55,
  crescendo: 1200,
  'decoding-exploitation': 10,
  'deep-inception': 6,
  'direct-request': 1,
  dra: 225,
  'embedding-attack': 40,
  'flip-attack': 9,
  gcg: 35,
  'gcg-universal': 105,
  goat: 250,
  gptfuzzer: 25,
  'gptfuzzer-seeds': 20,
  ica: 20,
  jailbroken: 30,
  laa: 25,
  'laa-template': 2,
  'many-shot': 75,
  multilingual: 4,
  pair: 630,
  persuasion: 35,
  'policy-framing': 8,
  'reasoning-prefill': 5,
  'refusal-ablation': 85,
  renellm: 40,
  tap: 3300,
  tense: 15,
};

/** For attacks that were not measured. */
const byAccess: Readonly<Record<Access, number>> = { 'black-box': 35, 'grey-box': 50, 'white-box': 60 };

/** @returns answers per behavior; a chain of attacks costs what its attacks cost together */
export const expectedCost = (attack: string, access: Access): number =>
  attack.split('+').reduce((sum, id) => sum + (measured[id] ?? byAccess[access]), 0);
