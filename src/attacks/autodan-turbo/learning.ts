/** @file How the library of AutoDAN-Turbo grows: warm-up without strategies, then lifelong learning with them. */
import type { Behavior } from '../../core/behavior.ts';
import type { Random } from '../../core/random.ts';
import type { AttackStep } from '../attack.ts';
import type { RatedAnswer } from '../parts/success/rated-answer.ts';
import { nameStrategy } from './agents.ts';
import { attempt, isEnough, noAdvice, startOf, stepOf, type Stage, type Try } from './attempt.ts';
import { retrieve, withStrategy, type StrategyLibrary } from './library.ts';

interface Learning {
  readonly stageOf: (behavior: Behavior) => Stage;
  readonly passes: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** The library from all behaviors, each worked on in warm-up and then in every pass. */
export async function* growLibrary(
  training: readonly Behavior[],
  { stageOf, passes, random, signal }: Learning,
): AsyncGenerator<AttackStep, StrategyLibrary> {
  let library: StrategyLibrary = [];
  let step = 0;
  /**
   * Add what raised the score from one answer to another.
   * @returns the name of the strategy, `null` if the summarizer gave none, `undefined` if the score did not rise
   */
  const learnFrom = async (
    { agents, rating }: Stage,
    weak: RatedAnswer,
    strong: RatedAnswer,
    draws: Random,
  ): Promise<string | null | undefined> => {
    const gain = weak.score === null || strong.score === null ? 0 : strong.score - weak.score;
    if (gain <= 0) return undefined;
    const prompts = { weak: weak.prompt, strong: strong.prompt };
    const strategy = await nameStrategy(agents, rating.behavior.prompt, prompts, library, draws);
    if (strategy === null) return null;
    library = withStrategy(library, strategy, { example: strong.prompt, response: weak.response, gain });
    return strategy.name;
  };

  for (const behavior of training) {
    const stage = stageOf(behavior);
    const draws = random.fork(`warm-up ${behavior.id}`);
    const tries: Try[] = [];
    for (let round = 0; round < stage.options.rounds; round++) {
      signal.throwIfAborted();
      const answer = await attempt(stage, noAdvice, round, draws);
      tries.push(answer);
      const enough = isEnough(answer, stage);
      const isLast = enough || round + 1 === stage.options.rounds;
      const pair = isLast ? farthestApart(behavior, tries) : null;
      const learned = pair ? await learnFrom(stage, ...pair, draws) : undefined;
      yield stepOf(step++, answer, noAdvice, { phase: 'warm-up', behavior: behavior.id, learned });
      if (enough) break;
    }
  }
  for (let pass = 0; pass < passes; pass++)
    for (const behavior of training) {
      const stage = stageOf(behavior);
      const draws = random.fork(`pass ${pass} ${behavior.id}`);
      let last = startOf(behavior);
      for (let round = 0; round < stage.options.rounds && !isEnough(last, stage); round++) {
        signal.throwIfAborted();
        const advice = round === 0 ? noAdvice : retrieve(library, last.response, stage.options.retrieved);
        const answer = await attempt(stage, advice, round, draws);
        const learned = await learnFrom(stage, last, answer, draws);
        yield stepOf(step++, answer, advice, { phase: 'lifelong', pass, behavior: behavior.id, learned });
        last = answer;
      }
    }
  return library;
}

/** The tries with the lowest and the highest score; of equal scores, the request itself and a try. */
function farthestApart(
  behavior: Behavior,
  tries: readonly Try[],
): readonly [weak: RatedAnswer, strong: RatedAnswer] | null {
  const scored = tries.filter(({ score }) => score !== null).toSorted((a, b) => a.score! - b.score!);
  const [lowest, highest] = [scored[0], scored.at(-1)];
  if (lowest === undefined || highest === undefined) return null;
  return [lowest.score === highest.score ? startOf(behavior) : lowest, highest];
}
