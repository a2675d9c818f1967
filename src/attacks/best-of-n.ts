import { arxiv } from '../core/method.ts';
import { boolean, choice, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { conversation, defineAttack } from './attack.ts';
import { fitSuccessCurve, successCurve, type Tries } from './best-of-n/success-curve.ts';
import { seedFrom } from './parts/ask.ts';
import {
  answerCheck,
  answerTokensLike,
  successNeeds,
  successOptions,
} from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { claimOf, verdictRank, type Verdict } from './parts/success/verdict.ts';
import { flipCase, scrambleWords, shiftCharacters } from './parts/text-edits.ts';

interface Augmentation {
  readonly sigma: number;
  readonly scramble: boolean;
  readonly capitalize: boolean;
  readonly noise: boolean;
}

/** The request with words scrambled, case flipped and characters shifted, each with the paper's probability. */
function augment(
  request: string,
  { sigma, scramble, capitalize, noise }: Augmentation,
  random: Random,
): string {
  const scrambled = scramble ? scrambleWords(request, Math.sqrt(sigma), random) : request;
  const flipped = capitalize ? flipCase(scrambled, Math.sqrt(sigma), random) : scrambled;
  return noise ? shiftCharacters(flipped, sigma ** 3, random) : flipped;
}

/** The success curve of all tries, with its power law if one can be fitted. */
function measurementOf(all: Tries): Readonly<Record<string, unknown>> {
  const law = fitSuccessCurve([all]);
  return { curve: successCurve([all]), ...(law && { law: { ...law } }) };
}

/**
 * Best-of-N jailbreaking: perturb the request at random, sample an answer, check it, and repeat until one succeeds or N
 * tries are used up. With `stop: never` the last step holds the success curve over tries and its power law.
 * The result names the random stream of the successful answer, so that the same model gives it again.
 */
export const bestOfN = defineAttack({
  id: 'best-of-n',
  title: 'Best-of-N',
  paper: arxiv('2412.03556', 'Best-of-N Jailbreaking'),
  summary: 'Asks again and again with random typos and capitals, until one answer succeeds.',
  differs: 'No judge is asked unless `success` says so; far fewer tries by default.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  templates: judgeTexts,
  options: {
    samples: integer({
      description: 'Number of tries, N; the paper goes up to 10,000.',
      default: 64,
      min: 1,
      max: 10_000,
      unit: 'tries',
    }),
    atOnce: integer({
      description: 'Tries answered at the same time.',
      default: 8,
      min: 1,
      max: 64,
      unit: 'tries',
    }),
    stop: choice({
      description: 'Stop at the first success, or make all tries and measure the success curve.',
      choices: ['first', 'never'],
      default: 'first',
    }),
    sigma: number({
      description:
        'Strength of the perturbation: words and capitals change with probability √sigma, characters with sigma³.',
      default: 0.4,
      min: 0,
      max: 1,
    }),
    scramble: boolean({ description: 'Shuffle the inner letters of words.', default: true }),
    capitalize: boolean({ description: 'Flip the case of letters.', default: true }),
    noise: boolean({ description: 'Shift characters by one in the ASCII table.', default: true }),
    temperature: number({ description: 'Temperature of the answers.', default: 1, min: 0, max: 2 }),
    ...successOptions,
    maxNewTokens: answerTokensLike(300),
  },
  async *run(behavior, model, options, context) {
    const { random, signal } = context;
    const sampling = { temperature: options.temperature, topP: 1 };
    const check = answerCheck(behavior, model, options, context);
    const tryOnce = async (index: number) => {
      const draws = random.fork(`try ${index}`);
      const prompt = augment(behavior.prompt, options, draws);
      const seed = seedFrom(draws);
      const answer = await check({ messages: conversation(behavior, prompt) }, { sampling, seed });
      return { prompt, seed, answer };
    };

    let [tries, successes] = [0, 0];
    let best: { readonly prompt: string; readonly seed: string; readonly verdict: Verdict } | undefined;
    const done = () => tries >= options.samples || (options.stop === 'first' && successes > 0);
    while (!done()) {
      signal.throwIfAborted();
      const count = Math.min(options.atOnce, options.samples - tries);
      const start = tries;
      const round = await Promise.all(Array.from({ length: count }, (_, i) => tryOnce(start + i)));
      for (const { prompt, seed, answer } of round) {
        // The tries of a round run at the same time; those after the first success do not count.
        if (done()) break;
        tries++;
        if (answer.verdict === 'answered') successes++;
        if (best === undefined || verdictRank[answer.verdict] > verdictRank[best.verdict])
          best = { prompt, seed, verdict: answer.verdict };
        yield {
          step: tries - 1,
          candidate: prompt,
          detail: {
            ...answer,
            tries,
            successes,
            ...(options.stop === 'never' && tries === options.samples && measurementOf({ tries, successes })),
          },
        };
      }
    }
    const { prompt, seed, verdict } = best!;
    const messages = conversation(behavior, prompt);
    return { messages, sampling, seed, steps: tries, claimed: claimOf(verdict) };
  },
  mutate: (behavior, options, { random }) => ({
    messages: conversation(behavior, augment(behavior.prompt, options, random)),
    sampling: { temperature: options.temperature, topP: 1 },
    steps: 0,
  }),
});
