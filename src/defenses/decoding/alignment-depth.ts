import type { DefenseEvent } from '../../core/defense-event.ts';
import { LabError } from '../../core/errors.ts';
import { arxiv } from '../../core/method.ts';
import { integer, number, text } from '../../core/options.ts';
import type { ChatTokenizer } from '../../models/chat-tokenizer.ts';
import type { Abortable, ScoringModel } from '../../models/language-model.ts';
import { blackBox, defineDefense, withEvent, withinModel } from '../defense.ts';
import { underEdit } from '../generation/edits.ts';
import { declines, spentOn, wholeAnswer } from '../generation/replies.ts';
import { unstreamed } from '../generation/requests.ts';

/** 0, `every`, 2·`every` … up to `deepest`, and no deeper than an answer of `length` tokens. */
export const depths = (length: number, every: number, deepest: number): readonly number[] =>
  Array.from({ length: Math.floor(Math.min(length, deepest) / every) + 1 }, (_, i) => i * every);

/** A possible turn to a refusal. */
interface Turn {
  /** Tokens of the answer before it. */
  readonly depth: number;
  /** Probability of all openings together. */
  readonly probability: number;
  /** Index of the likeliest opening, in all its spellings. */
  readonly opening: number;
}

/** One opening as it can be written at the start of an answer, and after words of it. */
interface Opening {
  readonly first: readonly number[];
  /** Without, and with a blank or a line break before it. */
  readonly later: readonly (readonly number[])[];
}

function openingOf({ encode, encodeWithin = encode }: ChatTokenizer, text: string): Opening {
  const spellings = ['', ' ', '\n'].map((blank) => encodeWithin(blank + text));
  return {
    first: encode(text),
    later: [...new Map(spellings.map((ids) => [ids.join(), ids])).values()],
  };
}

/** For each depth, how likely the `openings` are after the first `depth` tokens of the answer, and the texts scored. */
async function turnsAt(
  model: ScoringModel,
  {
    start,
    answer,
    depths,
    openings,
  }: {
    readonly start: readonly number[];
    readonly answer: readonly number[];
    readonly depths: readonly number[];
    readonly openings: readonly Opening[];
  },
  options: Abortable,
): Promise<{ readonly turns: readonly Turn[]; readonly scored: number }> {
  const requests = depths.flatMap((depth) => {
    const prompt = [...start, ...answer.slice(0, depth)];
    return openings.flatMap(({ first, later }, opening) =>
      (depth === 0 ? [first] : later).map((target) => ({ depth, opening, prompt, target })),
    );
  });
  const scores = await model.logProbs(requests, options);
  const likely = scores.map((logProbs) => Math.exp(logProbs.reduce((sum, value) => sum + value, 0)));
  const turns = depths.map((depth) => {
    const chances = openings.map((_, opening) =>
      requests.reduce(
        (sum, request, i) =>
          request.depth === depth && request.opening === opening ? sum + likely[i]! : sum,
        0,
      ),
    );
    const probability = chances.reduce((sum, value) => sum + value, 0);
    return { depth, probability, opening: chances.indexOf(Math.max(...chances)) };
  });
  return { turns, scored: requests.length };
}

/**
 * Computes at several depths of an answer how likely the model is to turn to a refusal there. If that is likely enough
 * at any depth, the answer is withdrawn and written again from a refusing opening.
 * Safety training shapes little more than the first few tokens, so an attack that gets past these (by an assistant
 * prefix, say) meets no resistance; depth 0 here is before the prefix, where the model still resists.
 */
export const alignmentDepth = defineDefense({
  id: 'alignment-depth',
  title: 'Deep alignment check',
  paper: arxiv('2406.05946', 'Safety Alignment Should Be Made More Than Just a Few Tokens Deep'),
  summary: 'Lets the model turn to a refusal at any of several depths of its answer.',
  differs:
    'The paper is about training: it makes a model recover at any depth, and does nothing at inference. ' +
    'Reading a refusal from the distributions inside a finished answer, the openings and the threshold are ' +
    'our own use of its idea, and help only as far as the model still tends to refuse.',
  access: 'grey-box',
  stage: 'decoding',
  needs: [],
  taxonomy: withinModel,
  options: {
    deepest: integer({
      description: 'Greatest depth, in tokens of the answer (the paper trains on up to 100).',
      default: 40,
      min: 0,
      max: 1000,
      unit: 'tokens',
    }),
    every: integer({
      description: 'Tokens between two depths.',
      default: 5,
      min: 1,
      max: 1000,
      unit: 'tokens',
    }),
    threshold: number({
      description: 'Probability of a refusing opening from which the answer is withdrawn.',
      default: 0.2,
      min: 0,
      max: 1,
    }),
    openings: text({
      description:
        'Refusing openings, separated by |. Their probabilities are added up, inside an answer also with a blank or a line break before them.',
      default: "I'm sorry|I am sorry|I can't|I cannot|Sorry",
    }),
  },
  view: () => ({ actsOnAnswers: true }),
  wrap(model, { deepest, every, threshold, openings }) {
    const texts = openings.split('|').filter((opening) => opening.trim() !== '');
    const choices = texts.map((opening) => openingOf(model.tokenizer, opening));
    if (choices.length === 0)
      throw new LabError('bad-options', '"alignment-depth" needs a refusing opening.', {
        advice: 'Give at least one, or leave the option at its default.',
      });
    return {
      ...blackBox(model, 'alignment-depth'),
      async generate(messages, request) {
        const options = unstreamed(request);
        const draft = await model.generate(messages, options);
        const defense = 'alignment-depth';
        const passed = (reason: string, more: Partial<DefenseEvent> = {}) =>
          withEvent(draft, { defense, action: 'passed', reason, ...more }, 'end');
        if (declines(draft) !== false) return passed('There was no answer to take back.');

        const { assistantPrefix: _, assistantThought, ...question } = options;
        const longest = Math.max(
          ...choices.flatMap(({ first, later }) => [first, ...later]).map((ids) => ids.length),
        );
        const { turns, scored } = await underEdit(model, request, (reader) => {
          const start = reader.tokenizer.prompt(messages, { ...question, assistantThought, atAnswer: true });
          const answer = reader.tokenizer.encode(wholeAnswer(draft, request));
          const room = Math.max(0, model.contextWindow - start.length - longest);
          const asked = depths(Math.min(answer.length, room), every, deepest);
          const { signal } = request;
          return turnsAt(reader, { start, answer, depths: asked, openings: choices }, { signal });
        });
        const turn = turns.reduce((best, next) => (next.probability > best.probability ? next : best));
        const { depth, probability } = turn;
        const detail = { depths: turns.length, depth, probability, threshold };
        const queries = scored;
        if (probability < threshold)
          return passed('At no depth was a refusal likely.', { detail, cost: { queries, tokens: 0 } });

        const reply = await model.generate(messages, { ...question, forced: choices[turn.opening]!.first });
        return withEvent(
          reply,
          {
            defense,
            action: 'resampled',
            reason: `After ${depth} tokens of the answer a refusal was likely; it was written instead.`,
            detail,
            cost: { queries: queries + 1, tokens: spentOn([draft]).tokens },
          },
          'end',
        );
      },
    };
  },
});
