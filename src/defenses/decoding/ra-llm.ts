import { editLastOwnWords, lastOwnWords } from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { integer, number } from '../../core/options.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { unclearOption } from '../consulting/questions.ts';
import { declines, spentOn } from '../generation/replies.ts';
import { answerBeyondThoughts, copyOf, unstreamed } from '../generation/requests.ts';
import { piecesOf, type Pieces } from '../generation/tokens.ts';
import { drawSeed } from '../view.ts';

/** The text without a random fraction of its pieces. */
function thinned(pieces: Pieces, fraction: number, random: Random): string {
  const remaining = pieces.count - Math.floor(fraction * pieces.count);
  const indices = random.sample([...Array(pieces.count).keys()], remaining);
  return pieces.keep(indices.toSorted((a, b) => a - b));
}

/**
 * Robustly aligned LLM: sends copies of the request with random tokens dropped, and declines if enough of them are
 * refused. An optimized prompt stops working when it loses some tokens; a plain one does not.
 * A request that the model refuses by itself keeps that refusal. Pieces are tokens if the model shows its tokenizer,
 * otherwise words.
 */
export const raLlm = defineDefense({
  id: 'ra-llm',
  title: 'RA-LLM',
  paper: arxiv('2309.14348', 'Defending Against Alignment-Breaking Attacks via Robustly Aligned LLM'),
  summary: 'Declines if copies of the request with random tokens dropped are refused too often.',
  differs:
    'All copies and the request itself are sent in one batch, rather than one by one until the outcome ' +
    'is certain (the outcome is the same); a copy with an empty answer counts neither way; the refusal ' +
    'patterns are ours and are looked for at the start of an answer.',
  access: 'black-box',
  stage: 'decoding',
  draws: true,
  needs: [],
  taxonomy: aroundModel,
  options: {
    copies: integer({
      description: 'Number of copies with dropped tokens (AISafetyLab: 10).',
      default: 20,
      min: 1,
      max: 64,
      unit: 'copies',
    }),
    droppedFraction: number({
      description: 'Share of the tokens of the request that each copy loses.',
      default: 0.3,
      min: 0,
      max: 0.95,
    }),
    threshold: number({
      description: 'Least share of refused copies at which the request is declined.',
      default: 0.2,
      min: 0,
      max: 1,
    }),
    answerTokens: integer({
      description: 'Most tokens of the answer to each copy, thoughts aside.',
      default: 10,
      min: 1,
      max: 256,
      unit: 'tokens',
    }),
    unclear: unclearOption,
  },
  view: (model, { droppedFraction }) => ({
    /** The request itself, which is what gets answered, and then copies, which must not be refused. */
    async draw(messages, at) {
      if (at.index === 0) return { messages };
      const pieces = piecesOf(model, lastOwnWords(messages));
      const random = createRandom(drawSeed(at)).fork('ra-llm');
      return { messages: editLastOwnWords(messages, () => thinned(pieces, droppedFraction, random)) };
    },
  }),
  wrap: (model, { copies, droppedFraction, threshold, answerTokens, unclear }) => ({
    ...blackBox(model, 'ra-llm'),
    async generate(messages, options) {
      const pieces = piecesOf(model, lastOwnWords(messages));
      const random = createRandom(options.seed ?? '0').fork('ra-llm');
      const ask = (_: unknown, i: number) =>
        answerBeyondThoughts(
          model,
          editLastOwnWords(messages, () => thinned(pieces, droppedFraction, random.fork(i))),
          { ...copyOf(options, i), maxNewTokens: Math.min(answerTokens, options.maxNewTokens) },
        );
      const [reply, checks] = await Promise.all([
        model.generate(messages, unstreamed(options)),
        Promise.all(Array.from({ length: copies }, ask)),
      ]);
      const verdicts = checks
        .map(({ reply: check }) => declines(check))
        .filter((verdict) => verdict !== null);
      const refused = verdicts.filter(Boolean).length;
      const event = {
        defense: 'ra-llm',
        detail: { copies, refused, answered: verdicts.length, threshold },
        cost: spentOn(checks.flatMap(({ replies }) => replies)),
      };
      const passed = (reason: string) => withEvent(reply, { ...event, action: 'passed', reason }, 'end');

      if (declines(reply) === true) return passed('The model declined by itself.');
      if (verdicts.length === 0) {
        const nothing = 'Could not tell: no copy was answered.';
        return unclear === 'block'
          ? blocked({ ...event, action: 'blocked', reason: nothing }, reply)
          : passed(nothing);
      }
      const reason = `${refused} of ${verdicts.length} thinned copies were refused.`;
      return refused / verdicts.length >= threshold
        ? blocked({ ...event, action: 'blocked', reason }, reply)
        : passed(reason);
    },
  }),
});
