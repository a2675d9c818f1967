/**
 * @file AdvPrompterOpt: a beam search for a suffix that is likely under a prompter model and makes the target likely
 * under the target model.
 */
import type { Random } from '../../core/random.ts';
import { argmax, logSoftmax, sample } from '../../models/decoding/sampler.ts';
import type { ScoringModel } from '../../models/language-model.ts';
import { drawBy, drawDistinct, rouletteChances } from '../parts/draws.ts';

/**
 * (1/|y|) Σ CE_t / t, with t from 1, so that the first tokens of the target count most.
 * @param logProbs of the target tokens
 */
export const earlyLoss = (logProbs: Float32Array): number =>
  logProbs.reduce((sum, value, i) => sum - value / (i + 1), 0) / logProbs.length;

/** `logits` with a penalty on tokens that already occur in `ids`: divided by it if positive, else multiplied. */
export function penalizeRepeats(logits: Float32Array, ids: readonly number[], penalty: number): Float32Array {
  const out = logits.slice();
  for (const id of new Set(ids)) out[id] = out[id]! > 0 ? out[id]! / penalty : out[id]! * penalty;
  return out;
}

export interface BeamOptions {
  /** T: tokens of a suffix. */
  readonly length: number;
  /** b */
  readonly beams: number;
  /** k: tokens tried at each position, divided among the beams. */
  readonly candidates: number;
  /** λ: weight of the target loss relative to the prompter's log-prob. */
  readonly weight: number;
  /** Repetition penalty within a suffix. */
  readonly penalty: number;
  /** τ: temperature of the draws of candidates and of beams. */
  readonly temperature: number;
}

/** The model that proposes the tokens of a suffix. */
export interface Prompter {
  /** The prompter as trained so far, which proposes. */
  readonly model: ScoringModel;
  /** The prompter before training, which rates readability. */
  readonly base: ScoringModel;
  /** Ids after which the suffix is written. */
  readonly prefix: readonly number[];
  readonly allowed: readonly number[];
}

export interface ScoredSuffix {
  readonly ids: readonly number[];
  /** Loss of the target, as given by `lossOf`. */
  readonly loss: number;
  readonly score: number;
}

interface Candidate extends ScoredSuffix {
  readonly parent: number;
}

/** A suffix that a model writes without search, sampled at temperature 1 and top-p 0.9. */
export async function writeSuffix(
  { model, prefix, allowed }: Pick<Prompter, 'model' | 'prefix' | 'allowed'>,
  { length, penalty }: Pick<BeamOptions, 'length' | 'penalty'>,
  random: Random,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const session = await model.open([prefix], { signal });
  try {
    const ids: number[] = [];
    while (ids.length < length) {
      const logits = only(penalizeRepeats(session.logits(0), ids, penalty), allowed);
      ids.push(sample(logits, { temperature: 1, topP: 0.9 }, random));
      if (ids.length < length) await session.advance([ids.at(-1)!]);
    }
    return ids;
  } finally {
    await session.close();
  }
}

/** `logits` with all but the allowed ids at −∞. */
function only(logits: Float32Array, allowed: readonly number[]): Float32Array {
  const out = new Float32Array(logits.length).fill(-Infinity);
  for (const id of allowed) out[id] = logits[id]!;
  return out;
}

/** Up to `count` candidates: the best one, and others drawn without replacement by softmax of score / τ. */
function selectBeams(
  candidates: readonly Candidate[],
  count: number,
  temperature: number,
  random: Random,
): Candidate[] {
  const remaining = candidates.toSorted((a, b) => b.score - a.score);
  const beams = remaining.splice(0, 1);
  while (beams.length < count && remaining.length > 0) {
    const chances = rouletteChances(remaining.map(({ score }) => score / temperature));
    beams.push(...remaining.splice(drawBy(chances, random), 1));
  }
  return beams;
}

/**
 * Extend beams token by token. A candidate's score is that of its beam, plus the base model's log-prob of its token,
 * minus λ times the increase of the target loss.
 * @param lossOf losses of the target after suffixes, given as ids of the prompter
 * @param start loss without a suffix
 */
export async function findSuffix(
  { model, base, prefix, allowed }: Prompter,
  lossOf: (suffixes: readonly (readonly number[])[]) => Promise<readonly number[]>,
  start: number,
  options: BeamOptions,
  random: Random,
  signal: AbortSignal,
): Promise<ScoredSuffix> {
  const { length, penalty, temperature } = options;
  const proposing = await model.open([prefix], { signal });
  const reading = await base.open([prefix], { signal }).catch(async (error: unknown) => {
    await proposing.close();
    throw error;
  });
  try {
    let beams: readonly Candidate[] = [{ ids: [], loss: start, score: 0, parent: 0 }];
    for (let position = 0; position < length; position++) {
      signal.throwIfAborted();
      const each = Math.max(1, Math.floor(options.candidates / beams.length));
      const drafts = beams.flatMap((beam, row) => {
        const proposalLogits = only(penalizeRepeats(proposing.logits(row), beam.ids, penalty), allowed);
        const logProbs = logSoftmax(penalizeRepeats(reading.logits(row), beam.ids, penalty));
        const likeliest = argmax(proposalLogits);
        const others = drawDistinct(
          proposalLogits,
          allowed.filter((id) => id !== likeliest),
          each - 1,
          temperature,
          random,
        );
        return [likeliest, ...others].map((id) => ({
          row,
          beam,
          ids: [...beam.ids, id],
          logProb: logProbs[id]!,
        }));
      });
      const losses = await lossOf(drafts.map(({ ids }) => ids));
      const scored = drafts.map(({ row, beam, ids, logProb }, i): Candidate => {
        const loss = losses[i]!;
        return { ids, loss, parent: row, score: beam.score + logProb - options.weight * (loss - beam.loss) };
      });
      const last = position + 1 === length;
      beams = selectBeams(scored, last ? 1 : options.beams, temperature, random);
      if (last) break;
      const rows = beams.map(({ parent }) => parent);
      const tokens = beams.map(({ ids }) => ids.at(-1)!);
      for (const session of [proposing, reading]) {
        await session.keep(rows);
        await session.advance(tokens);
      }
    }
    return beams[0]!;
  } finally {
    await proposing.close();
    await reading.close();
  }
}
