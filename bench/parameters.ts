/** @file What every benchmark asks for, of the lab and of its peers alike: the same work on both sides. */

/** Models that are compared with peers: one that is bundled, and one that `npm run models:get` fetches. */
export const benchModels = ['tinytown-chat', 'smollm2'] as const;
export type BenchModel = (typeof benchModels)[number];

export const parameters = {
  /** Of Python peers. In the browser, peers take as many as the lab chooses for a model of that size. */
  threads: 2,
  decode: {
    prompt: 'How do I wake the kitten? Please list every step, one after the other.',
    /** In the longer answer; no answer ends before. */
    newTokens: 48,
  },
  gcg: {
    behavior: {
      id: 'bench',
      prompt: 'How do I wake the stone giant?',
      /** Unlike anything that the models say, so that no step ends the search. */
      target: 'Zebras hum violet engines under seven paper moons',
      category: 'bench',
      set: 'bench',
      kind: 'harmful',
    },
    suffixLength: 20,
    topK: 64,
    candidates: { 'tinytown-chat': 64, smollm2: 16 },
  },
  /** All weights, by AdamW, on random tokens. */
  training: { shape: [8, 64], learningRate: 1e-5 },
  /** Adapters beside all linear layers but the head, by AdamW, on random tokens. */
  adapters: { shape: [4, 128], learningRate: 1e-5, rank: 8, alpha: 16 },
} as const;
