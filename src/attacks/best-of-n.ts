import { arxiv } from '../core/method.ts';
import { boolean, choice, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { conversation, defineAttack } from './attack.ts';
import { seedFrom } from './parts/ask.ts';
import { fitBestOfN, successCurve, type Tries } from './parts/power-law.ts';
import { flipCase, scrambleWords, shiftCharacters } from './parts/text-edits.ts';
import { judgeTexts } from './parts/judge-score.ts';
import {
  answerTokensLike,
  claimOf,
  trialNeeds,
  trialOptions,
  trialsOf,
  worth,
  type Verdict,
} from './parts/variants.ts';

interface Augmentation {
  readonly sigma: number;
  readonly scramble: boolean;
  readonly capitalize: boolean;
  readonly noise: boolean;
}

/** The request with its words scrambled, its case flipped and its characters moved, each with the paper's chance. */
function augment(
  request: string,
  { sigma, scramble, capitalize, noise }: Augmentation,
  random: Random,
): string {
  const scrambled = scramble ? scrambleWords(request, Math.sqrt(sigma), random) : request;
  const flipped = capitalize ? flipCase(scrambled, Math.sqrt(sigma), random) : scrambled;
  return noise ? shiftCharacters(flipped, sigma ** 3, random) : flipped;
}

/** What a whole run of tries shows: the success curve, and its law if it has one. */
function measured(all: Tries): Readonly<Record<string, unknown>> {
  const law = fitBestOfN([all]);
  return { curve: successCurve([all]), ...(law && { law: { ...law } }) };
}

/**
 * Best-of-N jailbreaking: perturb the request at random, sample an answer, look at it, and do so again until one
 * counts or N are used up. When told never to stop, the last step holds the success curve over tries and its power law.
 * The result names the random stream of the answer that counted, so that the same model gives it again.
 */
export const bestOfN = defineAttack({
  id: 'best-of-n',
  title: 'Best-of-N',
  paper: arxiv('2412.03556', 'Best-of-N Jailbreaking'),
  summary: 'Asks again and again with random typos and capitals, until one answer slips through.',
  differs: 'No judge is asked unless `success` says so; far fewer tries by default.',
  access: 'black-box',
  needs: [],
  needsWhen: trialNeeds,
  templates: judgeTexts,
  options: {
    samples: integer({
      description: 'Tries, N; the paper goes up to 10,000.',
      default: 64,
      min: 1,
      max: 10_000,
      unit: 'tries',
    }),
    atOnce: integer({
      description: 'Tries answered side by side.',
      default: 8,
      min: 1,
      max: 64,
      unit: 'tries',
    }),
    stop: choice({
      description: 'End at the first success, or make all tries and measure the success curve.',
      choices: ['first', 'never'],
      default: 'first',
    }),
    sigma: number({
      description:
        'Strength of the perturbation: words and capitals change with its root, characters with its cube.',
      default: 0.4,
      min: 0,
      max: 1,
    }),
    scramble: boolean({ description: 'Shuffle the inner letters of words.', default: true }),
    capitalize: boolean({ description: 'Flip the case of letters.', default: true }),
    noise: boolean({ description: 'Move characters to a neighbor in the ASCII table.', default: true }),
    temperature: number({ description: 'Temperature of the answers.', default: 1, min: 0, max: 2 }),
    ...trialOptions,
    maxNewTokens: answerTokensLike(300),
  },
  async *run(behavior, model, options, context) {
    const { random, signal } = context;
    const sampling = { temperature: options.temperature, topP: 1 };
    const trial = trialsOf(behavior, model, options, context);
    const attempt = async (index: number) => {
      const draws = random.fork(`try ${index}`);
      const prompt = augment(behavior.prompt, options, draws);
      const variant = { name: `try ${index + 1}`, messages: conversation(behavior, prompt) };
      const seed = seedFrom(draws);
      return { prompt, seed, reply: await trial(variant, { sampling, seed }) };
    };

    let [tries, successes] = [0, 0];
    let best: { readonly prompt: string; readonly seed: string; readonly verdict: Verdict } | undefined;
    const done = () => tries >= options.samples || (options.stop === 'first' && successes > 0);
    while (!done()) {
      signal.throwIfAborted();
      const count = Math.min(options.atOnce, options.samples - tries);
      const start = tries;
      const round = await Promise.all(Array.from({ length: count }, (_, i) => attempt(start + i)));
      for (const { prompt, seed, reply } of round) {
        // Of a round that was asked side by side, only the tries up to the success count.
        if (done()) break;
        tries++;
        if (reply.verdict === 'answered') successes++;
        if (best === undefined || worth[reply.verdict] > worth[best.verdict])
          best = { prompt, seed, verdict: reply.verdict };
        yield {
          step: tries - 1,
          candidate: prompt,
          detail: {
            ...reply,
            tries,
            successes,
            ...(options.stop === 'never' && tries === options.samples && measured({ tries, successes })),
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
