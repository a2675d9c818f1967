/** @file Looks at a model in training: its losses on data that is held out, and a few of its answers. */
import { lastUserText, type ChatMessage } from '../../core/chat.ts';
import type { TrainingData } from '../../core/training-data.ts';
import { crossEntropy, rowOf, answerLogProbs } from '../../finetuning/parts/rows.ts';
import type { Learner, TrainingRow, WhiteBoxModel } from '../../models/language-model.ts';
import type { EvaluationEvent, HeldOutLosses } from '../records/training.ts';

/** Rows of each kind that are read, and requests that are asked. */
const [mostRows, mostSamples] = [16, 2] as const;
const rowsAtOnce = 8;
const sampleTokens = 48;

export interface HeldOut {
  losses(): Promise<HeldOutLosses>;
  samples(signal: AbortSignal | undefined): Promise<EvaluationEvent['samples']>;
}

/** @throws LabError 'bad-input' for an empty answer, 'context-overflow' for one that does not fit */
export function heldOutOf(
  model: WhiteBoxModel,
  learner: Learner,
  { benign, requests }: TrainingData,
): HeldOut {
  const rows = (pairs: readonly (readonly [readonly ChatMessage[], string])[]) =>
    pairs.slice(0, mostRows).map(([prompt, answer]) => rowOf(model, prompt, answer));
  const firsts = (kind: 'safe' | 'harmful') =>
    rows(
      requests.flatMap(({ prompt, [kind]: [answer] }) => (answer === undefined ? [] : [[prompt, answer]])),
    );
  const sets = {
    benign: rows(benign.map(({ prompt, answer }) => [prompt, answer])),
    safe: firsts('safe'),
    harmful: firsts('harmful'),
  };
  const lossOf = async (all: readonly TrainingRow[]): Promise<number | null> => {
    if (all.length === 0) return null;
    const logProbs: number[] = [];
    for (let at = 0; at < all.length; at += rowsAtOnce)
      logProbs.push(...(await answerLogProbs(learner, all.slice(at, at + rowsAtOnce))));
    return crossEntropy(all, logProbs);
  };
  return {
    losses: async () => ({
      benign: await lossOf(sets.benign),
      safe: await lossOf(sets.safe),
      harmful: await lossOf(sets.harmful),
    }),
    async samples(signal) {
      const asked = [
        ...requests.slice(0, mostSamples).map(({ prompt }) => ({ kind: 'harmful' as const, prompt })),
        ...benign.slice(0, mostSamples).map(({ prompt }) => ({ kind: 'benign' as const, prompt })),
      ];
      if (asked.length === 0) return [];
      const now = await learner.model();
      try {
        return await Promise.all(
          asked.map(async ({ kind, prompt }) => {
            const { text } = await now.generate(prompt, {
              maxNewTokens: sampleTokens,
              ...(signal && { signal }),
            });
            return { kind, prompt: lastUserText(prompt), answer: text };
          }),
        );
      } finally {
        now.dispose();
      }
    },
  };
}
