import { allOwnWords } from '../../core/chat.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { createGuard } from '../../models/guard.ts';
import { benignScores, calibrationDetail, detectionBy, thresholdAbove } from '../consulting/calibration.ts';
import {
  calibratedGuardOptions,
  guardCalibrationSchema,
  guardThreshold,
  learnsThreshold,
} from '../consulting/guard-threshold.ts';

/**
 * Blocks a request that a text classifier finds harmful. Any classifier of prompts will do: all classes
 * that are not harmless by their names count as harm, or the one that is named. For Prompt Guard in a chat, name JAILBREAK alone: its INJECTION class is
 * meant for texts of third parties and flags plain instructions.
 */
export const promptGuard = defineDefense({
  id: 'prompt-guard',
  title: 'Prompt guard',
  paper: {
    title: 'Prompt Guard (model card)',
    url: 'https://huggingface.co/meta-llama/Prompt-Guard-86M',
  },
  summary: 'Blocks a request that a text classifier finds harmful.',
  differs:
    'Unlike in the model card, a long turn is read both whole and in overlapping stretches, and the ' +
    'highest probability counts; every user turn is read on its own.',
  access: 'black-box',
  stage: 'input',
  needs: ['prompt-guard'],
  taxonomy: aroundModel,
  options: calibratedGuardOptions,
  artifactSchema: guardCalibrationSchema,
  learns: learnsThreshold,
  async prepare(_model, contrast, options, { classifier, signal, onProgress }) {
    const reader = classifier('prompt-guard');
    const guard = createGuard(reader, options, 'prompt-guard');
    const { scores, texts } = await benignScores(
      contrast,
      options.calibration,
      onProgress,
      async (request) => (await guard.worst([request], { signal })).probability,
    );
    return { ...thresholdAbove(scores, options.falsePositives), texts, classifier: reader.id };
  },
  view(_model, options, context) {
    const reader = context.classifier('prompt-guard');
    const guard = createGuard(reader, options, 'prompt-guard');
    const { excess } = guardThreshold(options, context, reader, 'prompt-guard');
    return {
      excess: async (messages, request) =>
        excess((await guard.worst(allOwnWords(messages), request)).probability),
    };
  },
  wrap(model, options, context) {
    const reader = context.classifier('prompt-guard');
    const guard = createGuard(reader, options, 'prompt-guard');
    const from = guardThreshold(options, context, reader, 'prompt-guard');
    return {
      ...blackBox(model, 'prompt-guard'),
      async generate(messages, request) {
        const { probability, read } = await guard.worst(allOwnWords(messages), request);
        const event = {
          defense: 'prompt-guard',
          detail: {
            probability,
            threshold: from.threshold,
            ...(from.calibrated && calibrationDetail(from.calibrated)),
          },
          detection: detectionBy(probability, from),
          cost: { queries: read, tokens: 0 },
        };
        if (from.acts(probability))
          return blocked({
            ...event,
            action: 'blocked',
            reason: 'The classifier found the request harmful.',
          });
        return withEvent(
          await model.generate(messages, request),
          { ...event, action: 'passed', reason: 'The classifier found the request harmless.' },
          'start',
        );
      },
    };
  },
});
