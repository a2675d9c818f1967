import { editLastOwnWords, lastOwnWords, user } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer, number, text } from '../../core/options.ts';
import { isEmptyResponse, normalizeForMatching } from '../../core/refusal.ts';
import { readRewriterReply, type RewriterReply } from '../../core/rewriter-reply.ts';
import { fillSlots, hasSlot } from '../../core/slots.ts';
import type { Generation } from '../../models/language-model.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { fence } from '../consulting/questions.ts';
import { spentOn } from '../generation/replies.ts';
import { tokensIn } from '../generation/tokens.ts';

const instruction = `Say the text between the lines in other words. Do not answer it.
{request}`;

const grams = (content: string): Set<string> => {
  const letters = Array.from(` ${normalizeForMatching(content)} `);
  return new Set(letters.slice(2).map((_, i) => letters.slice(i, i + 3).join('')));
};

/**
 * Share of the letter triples of `content` that `source` contains too, regardless of case and white space: 1 for a text
 * taken from it, near 0 for an unrelated one. Other triples of `source` do not count.
 */
export function overlap(content: string, source: string): number {
  const [ours, theirs] = [grams(content), grams(source)];
  return ours.size === 0 ? 1 : Array.from(ours).filter((gram) => theirs.has(gram)).length / ours.size;
}

/** Why a paraphrase cannot replace the request, or `null` if it can. */
function problemOf(
  { flaw }: RewriterReply,
  { finishReason }: Generation,
  likeness: number,
  least: number,
): string | null {
  if (flaw === 'empty') return 'it is empty';
  if (finishReason === 'length') return 'it was cut off';
  if (finishReason === 'blocked' || flaw === 'refusal') return 'the paraphraser declined';
  if (flaw !== null) return 'the paraphraser did something else with the request';
  return likeness < least ? 'it has too little of the request' : null;
}

/**
 * Has a model put the request in other words, which keeps its meaning and loses text optimized letter by letter.
 */
export const paraphrase = defineDefense({
  id: 'paraphrase',
  title: 'Paraphrase',
  paper: arxiv('2309.00614', 'Baseline Defenses for Adversarial Attacks Against Aligned Language Models'),
  summary: 'Has another model put the request in other words before it is answered.',
  differs:
    'Any model can paraphrase; the longer the request, the more tokens it may write; a paraphrase that ' +
    'is empty, cut off, a refusal, or too unlike the request (an answer, most often) is requested again ' +
    'and, after the last attempt, not used.',
  access: 'black-box',
  stage: 'input',
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
      description: 'If no paraphrase can be used: answer the original request, or block it.',
      choices: ['original', 'block'],
      default: 'original',
    }),
  },
  wrap(model, options, { role }) {
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
        const question = [user(fillSlots(options.instruction, { request: fence(original) }))];
        const maxNewTokens = 32 + Math.ceil(options.room * tokensIn(paraphraser, original));
        const replies: Generation[] = [];
        let wording = '';
        let problem: string | null = null;
        let likeness = 0;
        for (let attempt = 0; attempt < options.attempts; attempt++) {
          const reply = await paraphraser.generate(question, {
            maxNewTokens,
            sampling: { temperature: options.temperature, topP: 1 },
            seed: `${request.seed ?? '0'}/${defense}/${attempt}`,
            signal: request.signal,
          });
          replies.push(reply);
          const read = readRewriterReply(reply.text, { original });
          wording = read.text;
          likeness = overlap(wording, original);
          problem = problemOf(read, reply, likeness, options.leastOverlap);
          // At temperature 0 the next attempt would be the same.
          if (problem === null || options.temperature === 0) break;
        }
        const event = {
          defense,
          detail: { overlap: likeness, attempts: replies.length, paraphrase: wording },
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
