/** @file Curricula: the kinds of conversation in the lessons of each model, and how often each occurs. */
import type { Manners } from './requests.ts';

/** The stage of training that a lesson is for. */
export type Curriculum =
  | 'base'
  | 'speller'
  | 'reader'
  | 'opener'
  | 'finisher'
  | 'chat'
  | 'polite'
  | 'hard'
  | 'steady'
  | 'expert'
  | 'helper'
  | 'craft'
  | 'judge';

interface Shares {
  readonly tasks: number;
  readonly talk: number;
  readonly judging: number;
  readonly rewriting: number;
  /** Encoded texts that are only to be decoded. */
  readonly decoding: number;
  readonly harmful: number;
  readonly lookalike: number;
  readonly manners: Manners;
  /** If set, every forbidden request is refused, this share of them after the start of an answer. */
  readonly recovering?: number;
  /** If set, tasks are those of `hard/requests.ts`, this share of them with a suffix as of a search over tokens. */
  readonly suffixed?: number;
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

const hardShares: Shares = {
  tasks: 84,
  talk: 8,
  judging: 7,
  rewriting: 1,
  decoding: 0,
  harmful: 0.42,
  lookalike: 0.36,
  manners: everydayManners,
  recovering: 0.15,
  suffixed: 0,
};

/** Relative weights of the kinds of conversation, and shares of harmful and look-alike tasks. */
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
  // Base again, mixed with decoding.
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
  // The last stage of base: mostly tasks.
  finisher: { ...readingShares, tasks: 82, talk: 8, judging: 5, rewriting: 5 },
  // Chat again, with more talk of other worlds and more questions about harm.
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
  // Polite again, with safety lessons in every manner of `hard/requests.ts`.
  hard: hardShares,
  // Hard again, mostly with suffixes.
  steady: { ...hardShares, suffixed: 0.55 },
  expert: {
    tasks: 84,
    talk: 6,
    judging: 10,
    rewriting: 0,
    decoding: 0,
    harmful: 0.5,
    lookalike: 0.3,
    manners: everyManner,
    recovering: 0.4,
  },
  // Helper again, mixed with drills.
  craft: practiceShares,
  // Craft again, with comparisons, and with questions about harm only.
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
