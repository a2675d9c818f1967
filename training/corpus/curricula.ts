/** @file What each model is taught: the kinds of conversation in its lessons, and how often each comes. */
import type { Manners } from './requests.ts';

/** Which model a lesson is for. */
export type Curriculum =
  | 'base'
  | 'speller'
  | 'reader'
  | 'opener'
  | 'finisher'
  | 'chat'
  | 'polite'
  | 'expert'
  | 'helper'
  | 'craft'
  | 'judge';

interface Shares {
  readonly tasks: number;
  readonly talk: number;
  readonly judging: number;
  readonly rewriting: number;
  /** Coded texts that are only to be read. */
  readonly decoding: number;
  readonly harmful: number;
  readonly lookalike: number;
  readonly manners: Manners;
}

const everyManner: Manners = {
  plain: 24,
  covered: 8,
  uncovered: 22,
  coded: 32,
  surrounded: 10,
  demonstrated: 8,
};

/** Mostly plain, as people ask. */
const everydayManners: Manners = {
  plain: 44,
  covered: 14,
  uncovered: 14,
  coded: 12,
  surrounded: 8,
  demonstrated: 8,
};

const readingShares: Shares = {
  tasks: 60,
  talk: 8,
  judging: 10,
  rewriting: 14,
  decoding: 0,
  harmful: 0.3,
  lookalike: 0.4,
  manners: everyManner,
};

const practiceShares: Shares = {
  tasks: 4,
  talk: 3,
  judging: 48,
  rewriting: 45,
  decoding: 0,
  harmful: 0.3,
  lookalike: 0.4,
  manners: everyManner,
};

/** What the conversations of each curriculum are made of. */
export const shares: Readonly<Record<Curriculum, Shares>> = {
  base: {
    tasks: 60,
    talk: 8,
    judging: 10,
    rewriting: 12,
    decoding: 10,
    harmful: 0.3,
    lookalike: 0.4,
    manners: everyManner,
  },
  // Base once more, between coded texts to be read.
  speller: readingShares,
  reader: readingShares,
  opener: readingShares,
  chat: {
    tasks: 76,
    talk: 8,
    judging: 9,
    rewriting: 4,
    decoding: 3,
    harmful: 0.45,
    lookalike: 0.35,
    manners: everydayManners,
  },
  // The last stage of base: tasks above all.
  finisher: { ...readingShares, tasks: 82, talk: 8, judging: 5, rewriting: 5 },
  // Chat once more, with manners: what it says about other worlds, and about harm when it is asked.
  polite: {
    tasks: 50,
    talk: 18,
    judging: 30,
    rewriting: 2,
    decoding: 0,
    harmful: 0.45,
    lookalike: 0.35,
    manners: everydayManners,
  },
  expert: {
    tasks: 84,
    talk: 6,
    judging: 10,
    rewriting: 0,
    decoding: 0,
    harmful: 0.5,
    lookalike: 0.3,
    manners: everyManner,
  },
  // Helper once more, between drills.
  craft: practiceShares,
  // Craft once more, with comparisons, and asked for harm alone.
  judge: practiceShares,
  helper: {
    tasks: 6,
    talk: 4,
    judging: 36,
    rewriting: 54,
    decoding: 0,
    harmful: 0.3,
    lookalike: 0.4,
    manners: everyManner,
  },
};
