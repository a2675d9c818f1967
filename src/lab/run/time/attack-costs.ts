/**
 * @file How long attacks take before any has been timed: per behavior, in answers of the same model. Measured with default
 * options on Tinytown (of Crescendo, GOAT, PAIR, ReNeLLM and TAP with fewer prompts, and scaled); on other models and with other options they only say which attacks are long.
 */
import type { Access } from '../../../core/method.ts';
import type { OptionsSpec } from '../../../core/options.ts';

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
  laa: 60,
  'laa-template': 2,
  'many-shot': 75,
  multilingual: 4,
  pair: 630,
  persuasion: 35,
  'policy-framing': 8,
  'reasoning-prefill': 5,
  'refusal-ablation': 85,
  renellm: 40,
  tap: 1500,
  tense: 15,
};

/** For attacks that were not measured. */
const byAccess: Readonly<Record<Access, number>> = { 'black-box': 35, 'grey-box': 50, 'white-box': 60 };

/** @returns answers per behavior; a chain of attacks costs what its attacks cost together */
export const expectedCost = (attack: string, access: Access): number =>
  attack.split('+').reduce((sum, id) => sum + (measured[id] ?? byAccess[access]), 0);

/** Options that say how often an attack does its most expensive part. */
const rounds = [
  'steps',
  'iterations',
  'streams',
  'samples',
  'branching',
  'depth',
  'turns',
  'restarts',
  'shots',
];

/** Attacks that go on to the end; the others stop when they succeed, so that fewer rounds save less than their share. */
const goesOn: ReadonlySet<string> = new Set(['crescendo', 'goat', 'pair', 'renellm', 'tap']);

/** @returns how much longer an attack may take with `chosen` options than with its defaults */
export function effort(id: string, options: OptionsSpec, chosen: Readonly<Record<string, unknown>>): number {
  const ratio = rounds.reduce((product, name) => {
    const [usual, given] = [options[name]?.default, chosen[name]];
    const isKnown = typeof usual === 'number' && typeof given === 'number' && usual > 0;
    return isKnown ? (product * given) / usual : product;
  }, 1);
  return goesOn.has(id) ? ratio : Math.sqrt(ratio);
}
