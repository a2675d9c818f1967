/** @file Answers as rows of tokens, with prompts as the model reads them when it is used, and their log-probs. */
import type { ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import type { ChatTokenizer } from '../../models/chat-tokenizer.ts';
import type { Training, TrainingBatch, TrainingRow, WhiteBoxModel } from '../../models/language-model.ts';
import type { Update } from '../finetuning.ts';

/** A row whose trained tokens each have this weight in the loss; it may be negative. */
export interface WeightedRow extends TrainingRow {
  readonly weight: number;
}

/**
 * The conversation with the answer and the end of the turn. The answer is trained, the prompt is not, and nor is the
 * opening of the answer that the model is given.
 * @throws LabError 'bad-input' for an empty answer, 'context-overflow' for one that does not fit
 */
export function rowOf(
  { tokenizer, contextWindow }: Pick<WhiteBoxModel, 'tokenizer' | 'contextWindow'>,
  prompt: readonly ChatMessage[],
  answer: string,
  opening = '',
): TrainingRow {
  if (answer.trim() === '')
    throw new LabError('bad-input', 'An answer of the training data is empty.', {
      advice: 'Remove the row, or give it an answer.',
    });
  const [end] = tokenizer.endIds;
  const before = tokenizer.prompt(prompt, { atAnswer: true });
  const given = encodeAnswer(tokenizer, opening);
  const taught = [...encodeAnswer(tokenizer, answer), ...(end === undefined ? [] : [end])];
  const ids = [...before, ...given, ...taught];
  if (ids.length > contextWindow)
    throw new LabError(
      'context-overflow',
      `A conversation of the training data takes ${ids.length} tokens; the model reads ${contextWindow}.`,
      { advice: 'Shorten its answer, or leave the row out.' },
    );
  return { ids, from: before.length + given.length };
}

const encodeAnswer = (tokenizer: ChatTokenizer, text: string): readonly number[] =>
  text === '' ? [] : (tokenizer.encodeWithin ?? tokenizer.encode)(text);

export const tokensIn = ({ ids, from }: TrainingRow): number => ids.length - from;

/** Rows with their weights, as one batch whose loss is Σ weight · CE. */
export function weightedBatch(rows: readonly WeightedRow[]): TrainingBatch {
  const length = Math.max(0, ...rows.map(({ ids }) => ids.length));
  const ids = new Int32Array(rows.length * length);
  const lossWeights = new Float32Array(ids.length);
  for (const [row, { ids: rowIds, from, weight }] of rows.entries()) {
    ids.set(rowIds, row * length);
    lossWeights.fill(weight, row * length + from, row * length + rowIds.length);
  }
  return { ids, lossWeights, shape: [rows.length, length], normalizer: 1 };
}

/** A batch whose loss is Σ weight · CE, with a weight for each trained token. */
export function tokenBatch(
  rows: readonly TrainingRow[],
  weights: readonly (readonly number[])[],
): TrainingBatch {
  const batch = weightedBatch(rows.map((row) => ({ ...row, weight: 0 })));
  rows.forEach(({ from }, row) => batch.lossWeights.set(weights[row]!, row * batch.shape[1] + from));
  return batch;
}

/** By row, the log-prob of each trained token by the model as it stands. */
export async function tokenLogProbs(
  training: Pick<Training, 'logProbs'>,
  rows: readonly TrainingRow[],
): Promise<readonly Float32Array[]> {
  const { ids, shape } = weightedBatch(rows.map((row) => ({ ...row, weight: 0 })));
  const values = await training.logProbs({ ids, shape });
  return rows.map(({ ids: { length }, from }, row) =>
    values.subarray(row * shape[1] + from, row * shape[1] + length),
  );
}

/** The same by the model as it was. */
export function tokenReference(
  model: Pick<WhiteBoxModel, 'logProbs'>,
  rows: readonly TrainingRow[],
): Promise<readonly Float32Array[]> {
  return model.logProbs(
    rows.map(({ ids, from }) => ({ prompt: ids.slice(0, from), target: ids.slice(from) })),
  );
}

const summed = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);

/** Log-prob of the trained tokens of each row together, by the model as it stands. */
export const answerLogProbs = async (
  training: Pick<Training, 'logProbs'>,
  rows: readonly TrainingRow[],
): Promise<readonly number[]> => (await tokenLogProbs(training, rows)).map(summed);

/** The same by the model as it was. */
export const referenceLogProbs = async (
  model: Pick<WhiteBoxModel, 'logProbs'>,
  rows: readonly TrainingRow[],
): Promise<readonly number[]> => (await tokenReference(model, rows)).map(summed);

/** An update by the mean cross-entropy of rows alone. */
export const imitation = (rows: readonly TrainingRow[]): Update => ({
  batches: [weightedBatch(meanRows(rows))],
});

/** Rows such that the loss is the mean cross-entropy of their tokens, times `share`. */
export function meanRows(rows: readonly TrainingRow[], share = 1): readonly WeightedRow[] {
  const tokens = rows.reduce((sum, row) => sum + tokensIn(row), 0);
  return rows.map((row) => ({ ...row, weight: share / tokens }));
}

/** Mean cross-entropy per token, from the log-probs of the rows. */
export const crossEntropy = (rows: readonly TrainingRow[], logProbs: readonly number[]): number =>
  -logProbs.reduce((sum, value) => sum + value, 0) / rows.reduce((sum, row) => sum + tokensIn(row), 0);
