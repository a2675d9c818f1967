import { arxiv } from '../core/method.ts';
import { boolean, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { conversation, defineAttack } from './attack.ts';
import { falsePositive } from './best-of-n/filters.ts';
import { seedFrom } from './parts/ask.ts';
import { answerCheck, type AnswerCheck } from './parts/success/checked-answer.ts';
import { answerTokensLike, successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { flipCase, scrambleWords, shiftCharacters } from './parts/text-edits.ts';
import { repeatedTries, tryOptions, type Try } from './parts/tries/repeated-tries.ts';

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

/**
 * Best-of-N jailbreaking: perturb the request at random, sample an answer, check it, and repeat until one succeeds or N
 * tries are used up.
 */
export const bestOfN = defineAttack({
  id: 'best-of-n',
  title: 'Best-of-N',
  paper: arxiv('2412.03556', 'Best-of-N Jailbreaking'),
  summary: 'Asks again and again with random typos and capitals, until one answer succeeds.',
  differs:
    'Far fewer tries by default; the words that mark an answer as talk of a riddle are ours, after those of ' +
    "the authors' code.",
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: judgeTexts,
  options: {
    samples: integer({
      description: 'Number of tries, N; the paper goes up to 10,000.',
      default: 64,
      min: 1,
      max: 10_000,
      unit: 'tries',
    }),
    ...tryOptions,
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
    filters: boolean({
      description:
        "Count no answer that is hardly longer than the request or that speaks of decoding it, as the authors' code does.",
      default: true,
    }),
    ...successOptions,
    maxNewTokens: answerTokensLike(300),
  },
  async *run(behavior, model, options, context) {
    const { random } = context;
    const sampling = { temperature: options.temperature, topP: 1 };
    const check = answerCheck(behavior, model, options, context);
    const screened: AnswerCheck = async (...question) => {
      const answer = await check(...question);
      const filtered = options.filters ? falsePositive(behavior, answer.response) : null;
      if (answer.verdict !== 'answered' || filtered === null) return answer;
      return { ...answer, verdict: 'partial', words: answer.words ?? answer.verdict, filtered };
    };
    const tryOf = (index: number): Try => {
      const draws = random.fork(`try ${index}`);
      const candidate = augment(behavior.prompt, options, draws);
      return {
        candidate,
        messages: conversation(behavior, candidate),
        sampled: { sampling, seed: seedFrom(draws) },
      };
    };
    return yield* repeatedTries(tryOf, screened, options, context);
  },
  mutate: (behavior, options, { random }) => ({
    messages: conversation(behavior, augment(behavior.prompt, options, random)),
    sampling: { temperature: options.temperature, topP: 1 },
    steps: 0,
  }),
});
