/** @file How deep training reaches into an answer: how far a model is from another, position by position. */
import type { ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { meanOf } from '../../core/means.ts';
import type { Abortable, ScoringModel } from '../../models/language-model.ts';
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
  { most, signal }: Abortable & { readonly most: number },
): Promise<readonly DepthPoint[]> {
  const rowsOf = ({ tokenizer }: ScoringModel) =>
    answers.map(({ messages, answer }) => ({
      prompt: tokenizer.prompt(messages, { atAnswer: true }),
      answer: (tokenizer.encodeWithin ?? tokenizer.encode)(answer).slice(0, most),
    }));
  const [rows, others] = [rowsOf(model), rowsOf(base)];
  if (rows.length === 0 || JSON.stringify(rows) !== JSON.stringify(others)) throw notComparable(rows.length);
  const byPosition: number[][] = [];
  for (const row of rows) {
    const kls = await divergencesOf(model, base, row, signal ? { signal } : {});
    kls.forEach((value, position) => (byPosition[position] ??= []).push(value));
  }
  return byPosition.map((values, position) => ({ position, divergence: meanOf(values), n: values.length }));
}

async function divergencesOf(
  model: ScoringModel,
  base: ScoringModel,
  { prompt, answer }: { readonly prompt: readonly number[]; readonly answer: readonly number[] },
  options: Abortable,
): Promise<readonly number[]> {
  const sessions = [];
  try {
    for (const one of [model, base]) sessions.push(await one.open([prompt], options));
    const values: number[] = [];
    for (const [position, token] of answer.entries()) {
      options.signal?.throwIfAborted();
      const [own, other] = sessions.map((session) => session.logits(0));
      values.push(klOfLogits(own!, other!));
      if (position + 1 < answer.length) for (const session of sessions) await session.advance([token]);
    }
    return values;
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
