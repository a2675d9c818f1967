import { editLastOwnWords, lastOwnWords, user } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer, number, text } from '../../core/options.ts';
import { fence } from '../../core/quotes.ts';
import { isEmptyResponse } from '../../core/refusal.ts';
import { readRewriterReply, type RewriterReply } from '../../core/rewriter-reply.ts';
import { fillSlots, hasSlot } from '../../core/slots.ts';
import type { Abortable, GenerateOptions, Generation, LanguageModel } from '../../models/language-model.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { overlap } from '../consulting/overlap.ts';
import { editForRole } from '../generation/edits.ts';
import { answerBeyondThoughts } from '../generation/requests.ts';
import { spentOn } from '../generation/replies.ts';
import { tokensIn } from '../generation/tokens.ts';
import { drawSeed } from '../view.ts';

const instruction = `Say the text between the lines in other words. Do not answer it.
{request}`;

/** Room for what a paraphraser says around its text, in tokens. */
const wordsAround = 64;

/** Why a paraphrase cannot replace the request, by what its text shows. */
const flaws: Readonly<Record<NonNullable<RewriterReply['flaw']>, string>> = {
  empty: 'it is empty',
  refusal: 'the paraphraser declined',
  answer: 'the paraphraser answered it',
  structured: 'it is data',
};

/** The paraphrase in a reply, without the words around it, and why it cannot replace the request, or `null` if it can. */
function paraphraseIn({ text, finishReason }: Generation, original: string, least: number) {
  const { text: wording, flaw } = readRewriterReply(text, { original });
  const likeness = overlap(wording, original);
  const problem =
    finishReason === 'length' && flaw !== 'refusal'
      ? isEmptyResponse(text)
        ? flaws.empty
        : 'it was cut off'
      : finishReason === 'blocked'
        ? flaws.refusal
        : flaw !== null
          ? flaws[flaw]
          : likeness < least
            ? 'it has too little of the request'
            : null;
  return { wording, likeness, problem };
}

interface Wishes {
  readonly instruction: string;
  readonly temperature: number;
  readonly room: number;
  readonly attempts: number;
  readonly leastOverlap: number;
}

/** Asks for paraphrases of a request until one can be used; the last one is returned, with all replies. */
async function askForWording(
  paraphraser: LanguageModel,
  original: string,
  options: Wishes,
  { seed, ...request }: Abortable & Pick<GenerateOptions, 'edit'> & { readonly seed: string },
) {
  const question = [user(fillSlots(options.instruction, { request: fence(original) }))];
  const maxNewTokens = wordsAround + Math.ceil(options.room * tokensIn(paraphraser, original));
  const replies: Generation[] = [];
  let found: ReturnType<typeof paraphraseIn> | undefined;
  let attempts = 0;
  while (attempts < options.attempts) {
    const { reply, replies: spent } = await answerBeyondThoughts(paraphraser, question, {
      maxNewTokens,
      sampling: { temperature: options.temperature, topP: 1 },
      seed: `${seed}/paraphrase/${attempts}`,
      ...request,
    });
    replies.push(...spent);
    attempts++;
    found = paraphraseIn(reply, original, options.leastOverlap);
    // At temperature 0 the next attempt would be the same.
    if (found.problem === null || options.temperature === 0) break;
  }
  return { ...found!, attempts, replies };
}

/** How far a request counts as beyond a threshold that no paraphrase could be used for, in nats. */
const unusable = 1;

/**
 * Has a model put the request in other words, which keeps its meaning and loses text optimized letter by letter.
 */
export const paraphrase = defineDefense({
  id: 'paraphrase',
  title: 'Paraphrase',
  paper: arxiv('2309.00614', 'Baseline Defenses for Adversarial Attacks Against Aligned Language Models'),
  summary: 'Has another model put the request in other words before it is answered.',
  differs:
    'Any model can paraphrase; the longer the request, the more tokens it may write; what the paraphraser ' +
    'says around its text is removed. A paraphrase that is empty, cut off, a refusal, an answer, or too ' +
    'unlike the request is requested again. After the last attempt the request is blocked by default: a ' +
    'request that makes a paraphraser decline or answer would otherwise be the one that passes unchanged.',
  access: 'black-box',
  stage: 'input',
  draws: true,
  needs: ['paraphraser'],
  taxonomy: aroundModel,
  options: {
    instruction: text({
      description: 'The prompt of the paraphraser; {request} stands for the fenced request.',
      default: instruction,
      multiline: true,
    }),
    temperature: number({ description: 'Temperature of the paraphraser.', default: 0.7, min: 0, max: 2 }),
    room: number({
      description: 'Greatest length of the paraphrase, as a multiple of the length of the request.',
      default: 2,
      min: 1,
      max: 10,
    }),
    attempts: integer({
      description: 'Most paraphrases requested until one can be used (AISafetyLab: 5).',
      default: 3,
      min: 1,
      max: 10,
    }),
    leastOverlap: number({
      description: 'Least share of the letter triples of the paraphrase that the request must contain.',
      default: 0.15,
      min: 0,
      max: 1,
    }),
    otherwise: choice({
      description:
        'If no paraphrase can be used: block the request (fail closed), or answer it as it is (fail open).',
      choices: ['block', 'original'],
      default: 'block',
    }),
  },
  view: (_model, options, { role }) => ({
    async draw(messages, at) {
      const original = lastOwnWords(messages);
      if (isEmptyResponse(original)) return { messages };
      const asked = { seed: drawSeed(at), signal: at.signal };
      const { wording, problem } = await askForWording(role('paraphraser'), original, options, asked);
      if (problem !== null) return { messages, ...(options.otherwise === 'block' && { excess: unusable }) };
      return { messages: wording === original.trim() ? messages : editLastOwnWords(messages, () => wording) };
    },
  }),
  wrap(model, options, { role, target }) {
    if (!hasSlot(options.instruction, 'request'))
      throw new LabError('bad-options', 'The instruction of "paraphrase" does not show the request.', {
        advice: 'Put {request} where the request belongs.',
      });
    const paraphraser = role('paraphraser');
    const defense = 'paraphrase';
    return {
      ...blackBox(model, defense),
      async generate(messages, request) {
        const original = lastOwnWords(messages);
        if (isEmptyResponse(original))
          return withEvent(
            await model.generate(messages, request),
            { defense, action: 'passed', reason: 'There was no request to paraphrase.' },
            'start',
          );
        const { wording, likeness, problem, attempts, replies } = await askForWording(
          paraphraser,
          original,
          options,
          { seed: request.seed ?? '0', signal: request.signal, ...editForRole(paraphraser, target, request) },
        );
        const event = {
          defense,
          detail: { overlap: likeness, attempts, paraphrase: wording },
          cost: spentOn(replies),
        };
        if (problem !== null && options.otherwise === 'block')
          return blocked({ ...event, action: 'blocked', reason: `No paraphrase could be used: ${problem}.` });
        const unchanged = problem !== null || wording === original.trim();
        const reply = await model.generate(
          unchanged ? messages : editLastOwnWords(messages, () => wording),
          request,
        );
        return withEvent(
          reply,
          {
            ...event,
            action: unchanged ? 'passed' : 'edited',
            reason:
              problem !== null
                ? `The request was left as it is, for its paraphrase could not be used: ${problem}.`
                : unchanged
                  ? 'The paraphraser found no other words.'
                  : 'The request was put in other words.',
          },
          'start',
        );
      },
    };
  },
});
