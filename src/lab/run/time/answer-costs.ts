/**
 * @file How long answers take before any has been timed, in answers of the same model to plain requests, harmful and
 * harmless ones as they are in the built-in sets. Measured with default options on Tinytown.
 */

const behindDefense: Readonly<Record<string, number>> = {
  aligner: 3.4,
  'alignment-depth': 19.8,
  backtracking: 1.8,
  'conditional-steering': 3.4,
  dro: 2.1,
  'erase-and-check': 1.1,
  'goal-priority': 2.2,
  'grad-safe': 3.8,
  'gradient-cuff': 6.9,
  icd: 1.8,
  'injection-guard': 0.8,
  'linear-probe': 1.8,
  'output-guard': 1,
  paraphrase: 1.9,
  parden: 3.9,
  'perplexity-filter': 1,
  'prompt-guard': 0.9,
  'ra-llm': 6,
  retokenization: 1.1,
  rose: 3.4,
  'safe-decoding': 1,
  sandwich: 1.1,
  'self-defend': 1.5,
  'self-evaluation': 1.9,
  'self-reminder': 1.1,
  'smooth-llm': 6,
  spotlighting: 1.1,
  steering: 1.8,
  'streaming-guard': 1.6,
  'token-highlighter': 6.3,
};

const toAttack: Readonly<Record<string, number>> = {
  'assistant-prefix': 1.1,
  cipher: 2.7,
  'deep-inception': 1.3,
  'direct-request': 1,
  gcg: 1.5,
  laa: 3.5,
  pair: 0.8,
};

/** For methods that were not measured. */
const [usualDefense, usualAttack] = [1.8, 1.7];

/** @returns answers to the plain request of the undefended model */
export const answerCost = (attack: string, defenses: readonly string[]): number =>
  defenses.reduce(
    (product, id) => product * (behindDefense[id] ?? usualDefense),
    toAttack[attack] ?? usualAttack,
  );
