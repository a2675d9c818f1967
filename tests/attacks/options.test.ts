/** @file What the form shows of each option: the unit of a count, and the paper's default where ours is another. */
import { expect, test } from 'vitest';
import { attacks } from '../../src/attacks/index.ts';

/** The defaults of the papers or of their authors' code. */
const papers: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  gcg: {
    steps: 500,
    candidates: 512,
    topK: 256,
    suffixLength: 20,
    testEvery: 50,
    testTokens: 32,
    samples: 1,
    sampleTemperature: 0.7,
    sampleTokens: 128,
  },
  'gcg-universal': { steps: 500, candidates: 512, topK: 256, suffixLength: 20, behaviors: 25, fluency: 0 },
  'autodan-turbo': {
    behaviors: 50,
    rounds: 150,
    passes: 4,
    breakScore: 8.5,
    attackerTokens: 4096,
    attackerTemperature: 1,
  },
  autodan: {
    population: 64,
    steps: 100,
    elites: 0.1,
    crossover: 0.5,
    points: 5,
    mutationRate: 0.01,
    memory: 50,
    wordGenerations: 5,
    exchanged: 5,
  },
  laa: {
    steps: 10_000,
    proposals: 1,
    suffixLength: 25,
    mostChanges: 4,
    restarts: 10,
    checks: 10,
    maxNewTokens: 150,
  },
  advprompter: {
    epochs: 10,
    batch: 8,
    updates: 8,
    length: 30,
    beams: 4,
    candidates: 48,
    weight: 100,
    temperature: 0.6,
    penalty: 1.2,
    memory: 256,
    sharpness: 1.5,
    learningRate: 5e-4,
    maxNewTokens: 150,
  },
  flrt: {
    steps: 100,
    candidates: 32,
    tokens: 16,
    buffer: 8,
    minLength: 32,
    maxLength: 1024,
    threshold: 0.6,
    fluency: 1.5,
    repetition: 3,
    maxNewTokens: 512,
  },
  gptfuzzer: {
    iterations: 100,
    energy: 1,
    ratio: 0.5,
    stopEarly: 0.1,
    floor: 0.2,
    attackerTokens: 512,
    attackerTemperature: 0.8,
    maxNewTokens: 512,
  },
  goat: { turns: 5, conversations: 10, attempts: 5, attackerTokens: 500, keepLast: 5 },
  cipher: { demonstrations: 3 },
  'deep-inception': { characters: 5, layers: 5 },
  ica: { demonstrations: 1 },
  pair: {
    streams: 20,
    iterations: 3,
    keepLast: 4,
    attempts: 5,
    attackerTokens: 500,
    attackerTemperature: 1,
    targetTokens: 150,
    judgeTokens: 10,
  },
  renellm: { iterations: 20 },
  tap: { branching: 4, depth: 10, width: 10, keep: 10, keepLast: 3, attempts: 5, attackerTokens: 500 },
  dra: { iterations: 20, sensitiveKeep: 0.5, plainKeep: 0.5 },
  'best-of-n': { samples: 10_000, sigma: 0.4, temperature: 1, maxNewTokens: 300 },
  'decoding-exploitation': { temperatures: 20, shares: 20, widths: 9, maxNewTokens: 100 },
  'many-shot': { shots: 256 },
  crescendo: { turns: 10, backtracks: 10, restarts: 9 },
  persuasion: { trials: 10 },
  tense: { attempts: 20 },
  beast: { beams: 15, samples: 15, length: 40 },
  'embedding-attack': { count: 20, steps: 100 },
  'refusal-ablation': { prompts: 160, depth: 0.8, mostDrift: 0.1 },
};

const rows = Object.entries(papers).flatMap(([id, defaults]) =>
  Object.entries(defaults).map(([option, paper]) => [id, option, paper] as const),
);
test.each(rows)('%s: "%s" has the %d of the paper as default, or names it', (id, name, paper) => {
  const option = attacks.get(id).options[name]!;
  if (option.default !== paper)
    expect(option.description).toContain(paper.toLocaleString('en-US', { maximumFractionDigits: 6 }));
});

test.each(attacks.all.map(({ id, options }) => [id, options] as const))(
  '%s: every whole number has a unit',
  (_, options) => {
    const bare = Object.entries(options).filter(
      ([, option]) => option.type === 'integer' && (option.unit ?? '') === '',
    );
    expect(bare.map(([name]) => name)).toEqual([]);
  },
);
