/** @file How deep training reaches into an answer: how far a model is from another, position by position. */
import type { ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { meanOf } from '../../core/means.ts';
import type { Abortable, DecodeSession, ScoringModel, WhiteBoxModel } from '../../models/language-model.ts';
import { klOfLogits } from '../../models/refusal-direction.ts';
import type { DepthPoint } from '../records/insight.ts';

export interface AnswerInFull {
  readonly messages: readonly ChatMessage[];
  readonly answer: string;
}

/**
 * The divergence of the models' next-token distributions along answers that both are given. Where it is high at the first tokens
 * alone, training taught an opening and little behind it.
 * @see https://arxiv.org/abs/2406.05946
 * @throws LabError 'bad-input' for models with different tokenizers, or no answers
 */
export async function alignmentDepth(
  model: ScoringModel,
  base: ScoringModel,
  answers: readonly AnswerInFull[],
  { most, onRead, signal }: Abortable & { readonly most: number; readonly onRead?: () => void },
): Promise<readonly DepthPoint[]> {
  const rows = rowsOf(model, answers, most);
  if (rows.length === 0 || !sameRows(rows, rowsOf(base, answers, most))) throw notComparable(rows.length);
  const byPosition: number[][] = [];
  for (let start = 0; start < rows.length; start += together) {
    const some = rows.slice(start, start + together);
    const found = await divergencesOf(model, base, some, signal ? { signal } : {});
    found.forEach((values, position) => (byPosition[position] ??= []).push(...values));
    some.forEach(() => onRead?.());
  }
  return byPosition.map((values, position) => ({ position, divergence: meanOf(values), n: values.length }));
}

/** Answers that are read side by side. */
const together = 5;

/** True if both read the answers as the same tokens, and have the same layers and width. */
export async function areComparable(
  model: WhiteBoxModel,
  base: WhiteBoxModel,
  answers: readonly AnswerInFull[],
): Promise<boolean> {
  if (!sameRows(rowsOf(model, answers), rowsOf(base, answers))) return false;
  const [own, other] = [await model.hiddenStates([0]), await base.hiddenStates([0])];
  return own.length === other.length && own[0]!.length === other[0]!.length;
}

interface Row {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
}

const rowsOf = (
  { tokenizer }: ScoringModel,
  answers: readonly AnswerInFull[],
  most?: number,
): readonly Row[] =>
  answers.map(({ messages, answer }) => ({
    prompt: tokenizer.prompt(messages, { atAnswer: true }),
    answer: (tokenizer.encodeWithin ?? tokenizer.encode)(answer).slice(0, most),
  }));

const sameRows = (rows: readonly Row[], others: readonly Row[]): boolean =>
  JSON.stringify(rows) === JSON.stringify(others);

/** By position, of the answers that are so long. */
async function divergencesOf(
  model: ScoringModel,
  base: ScoringModel,
  rows: readonly Row[],
  options: Abortable,
): Promise<readonly (readonly number[])[]> {
  const prompts = rows.map(({ prompt }) => prompt);
  const sessions: DecodeSession[] = [];
  const found: number[][] = [];
  try {
    for (const one of [model, base]) sessions.push(await one.open(prompts, options));
    let open = rows;
    for (let position = 0; open.length > 0; position++) {
      options.signal?.throwIfAborted();
      found.push(
        open.map((_, row) => {
          const [own, other] = sessions.map((session) => session.logits(row));
          return klOfLogits(own!, other!);
        }),
      );
      const going = open.flatMap(({ answer }, row) => (position + 1 < answer.length ? [row] : []));
      const tokens = going.map((row) => open[row]!.answer[position]!);
      open = going.map((row) => open[row]!);
      for (const session of open.length > 0 ? sessions : []) {
        await session.keep(going);
        await session.advance(tokens);
      }
    }
    return found;
  } finally {
    for (const session of sessions) await session.close();
  }
}

const notComparable = (rows: number): LabError =>
  rows === 0
    ? new LabError('bad-input', 'There is no answer to compare the models along.', {
        advice: 'Give at least one request with its answer.',
      })
    : new LabError('bad-input', 'The two models read text in different tokens.', {
        advice: 'Compare a model with the one that it was trained from.',
      });
