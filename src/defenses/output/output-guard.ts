import { lastOwnWords } from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { choice } from '../../core/options.ts';
import { isEmptyResponse } from '../../core/refusal.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { createGuard, guardOptions } from '../../models/guard.ts';
import { wholeAnswer } from '../generation/replies.ts';
import { unstreamed } from '../generation/requests.ts';

/**
 * Withholds an answer that a text classifier finds harmful.
 * The text it reads includes an assistant prefix, because the two read as one text.
 */
export const outputGuard = defineDefense({
  id: 'output-guard',
  title: 'Output guard',
  paper: arxiv('2312.06674', 'Llama Guard: LLM-based Input-Output Safeguard for Human-AI Conversations'),
  summary: 'Withholds an answer that a text classifier finds harmful.',
  differs:
    'Uses any classifier of answers in place of a language model that writes a verdict, so the ' +
    'probability of harm is read instead of parsed; a long answer is also read in overlapping stretches.',
  access: 'black-box',
  stage: 'output',
  needs: ['answer-guard'],
  taxonomy: aroundModel,
  options: {
    ...guardOptions,
    reads: choice({
      description: 'What the classifier is shown: the answer, or the request and the answer.',
      choices: ['answer', 'exchange'],
      default: 'answer',
    }),
  },
  view: () => ({ actsOnAnswers: true }),
  wrap(model, options, { classifier }) {
    const guard = createGuard(classifier('answer-guard'), options, 'output-guard');
    return {
      ...blackBox(model, 'output-guard'),
      async generate(messages, request) {
        const reply = await model.generate(messages, unstreamed(request));
        const passed = (reason: string) =>
          withEvent(reply, { defense: 'output-guard', action: 'passed', reason }, 'end');
        if (reply.finishReason === 'blocked') return passed('Another defense had declined already.');
        if (isEmptyResponse(reply.text)) return passed('There was no answer to read.');

        const answer = wholeAnswer(reply, request);
        const shown = options.reads === 'answer' ? answer : `${lastOwnWords(messages)}\n${answer}`;
        const { probability, read } = await guard.worst([shown], request);
        const { threshold } = options;
        const event = {
          defense: 'output-guard',
          detail: { probability, threshold },
          detection: { score: probability, threshold },
          cost: { queries: read, tokens: 0 },
        };
        return probability >= threshold
          ? blocked(
              { ...event, action: 'blocked', reason: 'The classifier found the answer harmful.' },
              reply,
            )
          : withEvent(
              reply,
              { ...event, action: 'passed', reason: 'The classifier found the answer harmless.' },
              'end',
            );
      },
    };
  },
});
