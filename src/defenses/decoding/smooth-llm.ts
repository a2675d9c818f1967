import { editLastOwnWords } from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer, number } from '../../core/options.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { unclearOption } from '../consulting/questions.ts';
import { declines, spentOn } from '../generation/replies.ts';
import { copyOf } from '../generation/requests.ts';
import { drawSeed } from '../view.ts';

/** Digits, letters, punctuation and white space: the hundred printable ASCII characters. */
export const alphabet: readonly string[] = [
  ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)),
  ...'\t\n\r\v\f',
];

/** Changes `count` of the `letters`; `count` is at most their number. */
type Perturb = (letters: readonly string[], count: number, random: Random) => string[];

const draw = (count: number, random: Random): string[] =>
  Array.from({ length: count }, () => random.pick(alphabet));

const ways = {
  /** Replaces the characters at `count` places. */
  swap(letters, count, random) {
    const places = random.sample([...letters.keys()], count);
    const changed = [...letters];
    for (const place of places) changed[place] = random.pick(alphabet);
    return changed;
  },
  /** Replaces one block of `count` characters. */
  patch(letters, count, random) {
    const start = random.integer(letters.length - count + 1);
    return letters.toSpliced(start, count, ...draw(count, random));
  },
  /** Inserts a character before each of `count` places. */
  insert(letters, count, random) {
    const places = new Set(random.sample([...letters.keys()], count));
    return letters.flatMap((letter, place) =>
      places.has(place) ? [random.pick(alphabet), letter] : [letter],
    );
  },
} satisfies Record<string, Perturb>;

export type Perturbation = keyof typeof ways;
export const perturbations = ['swap', 'insert', 'patch'] as const satisfies readonly Perturbation[];

/** `text` with ⌊fraction · length⌋ characters (code points) perturbed. */
export function perturb(text: string, way: Perturbation, fraction: number, random: Random): string {
  const letters = [...text];
  const count = Math.floor(fraction * letters.length);
  return count === 0 ? text : ways[way](letters, count, random).join('');
}

/**
 * Sends several copies of the request, each with some characters perturbed, and gives one of the answers on the side of
 * the majority: an optimized suffix rarely survives the perturbation.
 * As in the paper, a tie counts as a refusal (the share of copies that comply must exceed the threshold), and all copies
 * are sent: in one batch they cost less than waiting until the vote is decided.
 */
export const smoothLlm = defineDefense({
  id: 'smooth-llm',
  title: 'SmoothLLM',
  paper: arxiv('2310.03684', 'SmoothLLM: Defending Large Language Models Against Jailbreaking Attacks'),
  summary: 'Sends several perturbed copies of the request and answers as most of them are answered.',
  differs: 'An empty answer has no vote, and the refusal patterns are ours.',
  access: 'black-box',
  stage: 'decoding',
  draws: true,
  needs: [],
  taxonomy: aroundModel,
  options: {
    copies: integer({
      description: 'Number of perturbed copies.',
      default: 10,
      min: 1,
      max: 64,
      unit: 'copies',
    }),
    perturbation: choice({
      description:
        'Characters replaced at random places, inserted at random places, or replaced in one block.',
      choices: perturbations,
      default: 'swap',
    }),
    perturbedFraction: number({
      description: 'Share of the characters that is perturbed.',
      default: 0.1,
      min: 0,
      max: 1,
    }),
    threshold: number({
      description: 'The request counts as harmless if more than this share of the copies complies.',
      default: 0.5,
      min: 0,
      max: 1,
    }),
    unclear: unclearOption,
  },
  view: (_model, { perturbation, perturbedFraction }) => ({
    draw: async (messages, at) => ({
      messages: editLastOwnWords(messages, (text) =>
        perturb(text, perturbation, perturbedFraction, createRandom(drawSeed(at)).fork('smooth-llm')),
      ),
    }),
  }),
  wrap: (model, { copies, perturbation, perturbedFraction, threshold, unclear }) => ({
    ...blackBox(model, 'smooth-llm'),
    async generate(messages, options) {
      const random = createRandom(options.seed ?? '0').fork('smooth-llm');
      const replies = await Promise.all(
        Array.from({ length: copies }, (_, i) => {
          const edit = (text: string) => perturb(text, perturbation, perturbedFraction, random.fork(i));
          return model.generate(editLastOwnWords(messages, edit), copyOf(options, i));
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
      const side = voters === 0 ? (unclear === 'block' ? [] : replies) : harmless ? complied : refused;
      // At a threshold of 1 the vote never allows an answer, even if no copy was refused.
      const chosen = side.length === 0 ? null : random.pick(side);
      const cost = spentOn(replies.filter((reply) => reply !== (chosen ?? replies[0])));
      return chosen === null
        ? blocked({ ...event, action: 'blocked', cost }, replies[0])
        : withEvent(chosen, { ...event, action: 'resampled', cost }, 'end');
    },
  }),
});
