/** @file Training data of the user's own, read from a file and checked against the model that is to learn from it. */
import { LabError } from '../../core/errors.ts';
import type { ChatMessage } from '../../core/chat.ts';
import type { Reading } from '../../data/import/encoding.ts';
import {
  readTrainingFile,
  type TrainingFile,
  type TrainingFileChoices,
} from '../../data/import/training/read-training-file.ts';
import { rowOf } from '../../finetuning/parts/rows.ts';
import type { WhiteBoxModel } from '../../models/language-model.ts';

type Reader = Pick<WhiteBoxModel, 'tokenizer' | 'contextWindow'>;

/**
 * Rows that the model cannot be trained on are left out, each with the reason.
 * @param name of the file, whose ending suggests its format
 * @param model `null`: answers are not compared with any context
 * @throws LabError 'bad-input' for a file that holds no training data, or the signal's reason
 */
export const readOwnData = (
  file: Blob,
  name: string,
  choices: TrainingFileChoices,
  model: Reader | null,
  reading: Reading = {},
): Promise<TrainingFile> =>
  readTrainingFile(file, name, choices, {
    ...reading,
    ...(model && { obstacle: (prompt, answer) => obstacleTo(model, prompt, answer) }),
  });

function obstacleTo(model: Reader, prompt: readonly ChatMessage[], answer: string): string | null {
  try {
    rowOf(model, prompt, answer);
    return null;
  } catch (error) {
    if (error instanceof LabError) return `${error.message} ${error.advice}`;
    throw error;
  }
}
