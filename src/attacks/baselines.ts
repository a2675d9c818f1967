/**
 * @file Which baseline each search has to beat: an attack that spends as many queries without the method's own idea.
 * Plain data, so that pages and summaries need no method for it.
 */
const baselines: Readonly<Record<string, string>> = {
  advprompter: 'random-search',
  artprompt: 'resampling',
  autodan: 'autodan-seeds',
  'autodan-turbo': 'resampling',
  beast: 'random-search',
  'best-of-n': 'resampling',
  crescendo: 'resampling',
  'decoding-exploitation': 'resampling',
  dra: 'resampling',
  flrt: 'random-search',
  gcg: 'random-search',
  'gcg-universal': 'random-search',
  goat: 'resampling',
  gptfuzzer: 'gptfuzzer-seeds',
  jailbroken: 'resampling',
  laa: 'laa-template',
  multilingual: 'resampling',
  pair: 'resampling',
  persuasion: 'resampling',
  'policy-framing': 'resampling',
  'reasoning-prefill': 'resampling',
  renellm: 'resampling',
  tap: 'resampling',
  tense: 'resampling',
};

/**
 * The attack whose success rate `attack` has to beat: for a chain of attacks, the chain without its last one;
 * `undefined` for one that does not search.
 */
export function baselineOf(attack: string): string | undefined {
  const last = attack.lastIndexOf('+');
  if (last > 0) return attack.slice(0, last);
  return Object.hasOwn(baselines, attack) ? baselines[attack] : undefined;
}

const learners: ReadonlySet<string> = new Set([
  'advprompter',
  'autodan-turbo',
  'gcg-universal',
  'refusal-ablation',
]);

/** True if the attack, or one of a chain, learns before its first trial: what that takes stands in no trial. */
export const learnsFirst = (attack: string): boolean => attack.split('+').some((id) => learners.has(id));
