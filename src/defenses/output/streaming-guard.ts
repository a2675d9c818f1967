import { countOrUnknown } from '../../core/format.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer } from '../../core/options.ts';
import { isEmptyResponse } from '../../core/refusal.ts';
import type { GenerateOptions, Watch } from '../../models/language-model.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { createGuard, guardOptions } from '../../models/guard.ts';
import { tokensWithin } from '../generation/replies.ts';
import { withheldStream } from '../generation/requests.ts';

/** One reading of the answer while it is written. */
interface Look {
  readonly text: string;
  /** `null` where a server does not count. */
  readonly tokens: number | null;
  readonly probability: number;
}

/** Joins two watches; each sees the answer at least as often as it asks to. */
const both = (first: Watch, second: Watch | undefined): Watch =>
  second === undefined
    ? first
    : {
        every: Math.min(first.every, second.every),
        stop: async (text, tokens) => {
          const stops = await Promise.all([first.stop(text, tokens), second.stop(text, tokens)]);
          return stops.includes(true);
        },
      };

/**
 * Reads the answer while it is written: every few tokens a classifier reads the answer so far, and when that looks
 * harmful, the answer ends there, mid-sentence. A listener gets each stretch once it has been cleared, and the reply
 * holds cleared text only.
 * An answer that was not read while it was written (edited by an inner defense, or from a model that cannot be watched)
 * is read once, whole.
 */
export const streamingGuard = defineDefense({
  id: 'streaming-guard',
  title: 'Streaming guard',
  paper: arxiv(
    '2501.18837',
    'Constitutional Classifiers: Defending against Universal Jailbreaks across Thousands of Hours of Red Teaming',
  ),
  summary:
    'Has a classifier read the answer every few tokens, and stops it mid-sentence when it turns harmful.',
  differs:
    'Applies any classifier of answers to unfinished answers, in place of one trained on them with a ' +
    'head on every token; there is no classifier of requests (see the prompt guard).',
  access: 'black-box',
  stage: 'output',
  needs: ['answer-guard'],
  taxonomy: aroundModel,
  options: {
    ...guardOptions,
    every: integer({
      description: 'Tokens between two readings.',
      default: 8,
      min: 1,
      max: 1000,
      unit: 'tokens',
    }),
    remains: choice({
      description: 'What remains of a stopped answer: the cleared text, or a refusal in its place.',
      choices: ['cleared', 'refusal'],
      default: 'cleared',
    }),
  },
  view: () => ({ actsOnAnswers: true }),
  wrap(model, { every, remains, threshold, ...chosen }, { classifier }) {
    const guard = createGuard(classifier('answer-guard'), chosen, 'streaming-guard');
    const watching = ({ assistantPrefix = '', signal, watch: outer }: GenerateOptions, clear: () => void) => {
      const looks: Look[] = [];
      let queries = 0;
      const look = async (text: string, tokens: number | null) => {
        const { probability, read } = await guard.worst([assistantPrefix + text], { signal });
        queries += read;
        looks.push({ text, tokens, probability });
        if (probability < threshold) clear();
        return probability >= threshold;
      };
      return { looks, look, spent: () => queries, watch: both({ every, stop: look }, outer) };
    };
    return {
      ...blackBox(model, 'streaming-guard'),
      async generate(messages, request) {
        const { options, release, flush } = withheldStream(request);
        const { looks, look, spent, watch } = watching(request, flush);
        const reply = await model.generate(messages, { ...options, watch });
        const defense = 'streaming-guard';
        const seen = () => looks.find(({ text }) => text === reply.text);
        if (isEmptyResponse(reply.text))
          return withEvent(
            reply,
            { defense, action: 'passed', reason: 'There was no answer to read.' },
            'end',
          );
        if (reply.finishReason === 'blocked' && !seen())
          return withEvent(
            reply,
            { defense, action: 'passed', reason: 'Another defense had declined already.' },
            'end',
          );
        if (!seen()) await look(reply.text, reply.completionTokens);
        const { probability, tokens } = seen()!;
        const detail = { probability, threshold, looks: looks.length };
        const cost = { queries: spent(), tokens: 0 };
        const detection = { score: probability, threshold };
        if (probability < threshold) {
          release();
          return withEvent(
            reply,
            {
              defense,
              action: 'passed',
              reason: 'No beginning of the answer looked harmful.',
              detail,
              detection,
              cost,
            },
            'end',
          );
        }
        const cleared = looks.findLast(
          (earlier) => earlier.probability < threshold && reply.text.startsWith(earlier.text),
        );
        const event = {
          defense,
          action: 'blocked',
          reason: `The answer looked harmful after ${countOrUnknown(tokens)} tokens and was stopped there.`,
          detail: {
            ...detail,
            ...(tokens !== null && { stoppedAfter: tokens }),
            cleared: cleared?.tokens ?? 0,
          },
          detection,
          cost,
        } as const;
        const text = remains === 'cleared' ? (cleared?.text ?? '') : '';
        if (isEmptyResponse(text)) return blocked(event, reply);
        return withEvent(
          { ...reply, text, finishReason: 'blocked', tokens: tokensWithin(reply, 0, text.length) },
          event,
          'end',
        );
      },
    };
  },
});
