import { editLastUser } from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer, number } from '../../core/options.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { declines, spentOn } from '../generation/replies.ts';
import { copyOf } from '../generation/requests.ts';

/** Digits, letters, punctuation and white space: the hundred printable characters of ASCII. */
export const alphabet: readonly string[] = [
  ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)),
  ...'\t\n\r\v\f',
];

/** Changes `count` characters of `letters`, at most as many as there are. */
type Perturb = (letters: readonly string[], count: number, random: Random) => string[];

const draw = (count: number, random: Random): string[] =>
  Array.from({ length: count }, () => random.pick(alphabet));

const ways = {
  /** Other characters at `count` places. */
  swap(letters, count, random) {
    const places = random.sample([...letters.keys()], count);
    const changed = [...letters];
    for (const place of places) changed[place] = random.pick(alphabet);
    return changed;
  },
  /** Other characters in one block of `count`. */
  patch(letters, count, random) {
    const start = random.integer(letters.length - count + 1);
    return letters.toSpliced(start, count, ...draw(count, random));
  },
  /** One more character before each of `count` places. */
  insert(letters, count, random) {
    const places = new Set(random.sample([...letters.keys()], count));
    return letters.flatMap((letter, place) =>
      places.has(place) ? [random.pick(alphabet), letter] : [letter],
    );
  },
} satisfies Record<string, Perturb>;

export type Perturbation = keyof typeof ways;
export const perturbations = ['swap', 'insert', 'patch'] as const satisfies readonly Perturbation[];

/** `text` with ⌊fraction · length⌋ characters perturbed; its letters are code points. */
export function perturb(text: string, way: Perturbation, fraction: number, random: Random): string {
  const letters = [...text];
  const count = Math.floor(fraction * letters.length);
  return count === 0 ? text : ways[way](letters, count, random).join('');
}

/**
 * Asks several copies of the request, each with some of its characters disturbed, and answers as most of them were
 * answered: an optimized suffix rarely survives the disturbance.
 * As in the paper a tie is safe (the share that complied must exceed the threshold), and all copies are asked: together
 * they make one batch, which costs less than waiting for the vote to be decided.
 */
export const smoothLlm = defineDefense({
  id: 'smooth-llm',
  title: 'SmoothLLM',
  paper: arxiv('2310.03684', 'SmoothLLM: Defending Large Language Models Against Jailbreaking Attacks'),
  summary: 'Asks several disturbed copies of the request and answers as most of them were answered.',
  differs: 'An empty answer has no vote, and the refusal patterns are ours.',
  access: 'black-box',
  stage: 'decoding',
  needs: [],
  taxonomy: aroundModel,
  options: {
    copies: integer({
      description: 'How many disturbed copies are asked.',
      default: 10,
      min: 1,
      max: 64,
      unit: 'copies',
    }),
    perturbation: choice({
      description:
        'Other characters here and there, more characters here and there, or other ones in one block.',
      choices: perturbations,
      default: 'swap',
    }),
    perturbedFraction: number({
      description: 'Share of the characters that is disturbed.',
      default: 0.1,
      min: 0,
      max: 1,
    }),
    threshold: number({
      description: 'The request counts as harmless when a greater share than this of the copies is answered.',
      default: 0.5,
      min: 0,
      max: 1,
    }),
  },
  wrap: (model, { copies, perturbation, perturbedFraction, threshold }) => ({
    ...blackBox(model, 'smooth-llm'),
    async generate(messages, options) {
      const random = createRandom(options.seed ?? '0').fork('smooth-llm');
      const replies = await Promise.all(
        Array.from({ length: copies }, (_, i) => {
          const disturb = (text: string) => perturb(text, perturbation, perturbedFraction, random.fork(i));
          return model.generate(editLastUser(messages, disturb), copyOf(options, i));
        }),
      );
      const refused = replies.filter((reply) => declines(reply) === true);
      const complied = replies.filter((reply) => declines(reply) === false);
      const voters = refused.length + complied.length;
      const event = {
        defense: 'smooth-llm',
        reason:
          voters === 0
            ? 'Could not tell: no copy was answered.'
            : `${refused.length} of ${voters} answered copies were refused.`,
        detail: { copies, refused: refused.length, complied: complied.length, perturbation },
      };
      const harmless = complied.length / voters > threshold;
      const side = voters === 0 ? replies : harmless ? complied : refused;
      // A threshold of 1 never lets the vote fall for an answer, even if no copy was refused.
      const chosen = side.length === 0 ? null : random.pick(side);
      const cost = spentOn(replies.filter((reply) => reply !== (chosen ?? replies[0])));
      return chosen === null
        ? blocked({ ...event, action: 'blocked', cost }, replies[0])
        : withEvent(chosen, { ...event, action: 'resampled', cost }, 'end');
    },
  }),
});
