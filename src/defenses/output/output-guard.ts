import { lastOwnWords, user } from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { choice } from '../../core/options.ts';
import { isEmptyResponse } from '../../core/refusal.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { createGuard } from '../../models/guard.ts';
import {
  answerTokens,
  benignScores,
  calibrationDetail,
  detectionBy,
  thresholdAbove,
} from '../consulting/calibration.ts';
import {
  calibratedGuardOptions,
  guardCalibrationSchema,
  guardThreshold,
  learnsThreshold,
} from '../consulting/guard-threshold.ts';
import { greedy } from '../../models/language-model.ts';
import { wholeAnswer } from '../generation/replies.ts';
import { unstreamed } from '../generation/requests.ts';

const shownOf = (request: string, answer: string, reads: 'answer' | 'exchange') =>
  reads === 'answer' ? answer : `${request}\n${answer}`;

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
    ...calibratedGuardOptions,
    answerTokens,
    reads: choice({
      description: 'What the classifier is shown: the answer, or the request and the answer.',
      choices: ['answer', 'exchange'],
      default: 'answer',
    }),
  },
  artifactSchema: guardCalibrationSchema,
  learns: learnsThreshold,
  async prepare(model, contrast, options, { classifier, signal, onProgress }) {
    const reader = classifier('answer-guard');
    const guard = createGuard(reader, options, 'output-guard');
    const { scores, texts } = await benignScores(
      contrast,
      options.calibration,
      onProgress,
      async (request) => {
        const { text } = await model.generate([user(request)], {
          maxNewTokens: options.answerTokens,
          sampling: greedy,
          signal,
        });
        // An empty answer is not read, so it passes at any threshold.
        const shown = shownOf(request, text, options.reads);
        return isEmptyResponse(text) ? 0 : (await guard.worst([shown], { signal })).probability;
      },
    );
    return { ...thresholdAbove(scores, options.falsePositives), texts, classifier: reader.id };
  },
  view: () => ({ actsOnAnswers: true }),
  wrap(model, options, context) {
    const reader = context.classifier('answer-guard');
    const guard = createGuard(reader, options, 'output-guard');
    const from = guardThreshold(options, context, reader, 'output-guard');
    return {
      ...blackBox(model, 'output-guard'),
      async generate(messages, request) {
        const reply = await model.generate(messages, unstreamed(request));
        const passed = (reason: string) =>
          withEvent(reply, { defense: 'output-guard', action: 'passed', reason }, 'end');
        if (reply.finishReason === 'blocked') return passed('Another defense had declined already.');
        if (isEmptyResponse(reply.text)) return passed('There was no answer to read.');

        const shown = shownOf(lastOwnWords(messages), wholeAnswer(reply, request), options.reads);
        const { probability, read } = await guard.worst([shown], request);
        const event = {
          defense: 'output-guard',
          detail: {
            probability,
            threshold: from.threshold,
            ...(from.calibrated && calibrationDetail(from.calibrated)),
          },
          detection: detectionBy(probability, from),
          cost: { queries: read, tokens: 0 },
        };
        return from.acts(probability)
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
