/**
 * @file How long answers take before any has been timed, in answers of the same model to the plain request. Measured with
 * default options on Tinytown; a request that is refused is answered soon, one that works at length.
 */

const behindDefense: Readonly<Record<string, number>> = {
  aligner: 2.7,
  'alignment-depth': 7.5,
  backtracking: 1.7,
  'conditional-steering': 2.5,
  dro: 1.8,
  'erase-and-check': 0.8,
  'goal-priority': 1.9,
  'gradient-cuff': 11,
  icd: 1.9,
  'injection-guard': 0.2,
  'output-guard': 1.5,
  paraphrase: 2.2,
  parden: 2.3,
  'perplexity-filter': 0.9,
  'prompt-guard': 0.2,
  'ra-llm': 6.5,
  retokenization: 1.6,
  rose: 3.3,
  'safe-decoding': 1.4,
  'self-defend': 1.8,
  'self-evaluation': 1.9,
  'self-reminder': 1.4,
  'smooth-llm': 6.4,
  steering: 1.8,
  'streaming-guard': 1,
};

const toAttack: Readonly<Record<string, number>> = {
  'assistant-prefix': 1.7,
  cipher: 9.7,
  'deep-inception': 4,
  'direct-request': 1,
  gcg: 2.6,
  pair: 2.5,
};

/** For methods that were not measured. */
const [usualDefense, usualAttack] = [1.8, 2.5];

/** @returns answers to the plain request of the undefended model */
export const answerCost = (attack: string, defenses: readonly string[]): number =>
  defenses.reduce(
    (product, id) => product * (behindDefense[id] ?? usualDefense),
    toAttack[attack] ?? usualAttack,
  );
