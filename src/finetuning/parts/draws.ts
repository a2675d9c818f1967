/** @file Rows of the data by kind, and draws of them. */
import { LabError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { TrainingRow, WhiteBoxModel } from '../../models/language-model.ts';
import type { TrainingData } from '../../core/training-data.ts';
import type { DataKind } from '../finetuning.ts';
import { rowOf } from './rows.ts';

type Reader = Pick<WhiteBoxModel, 'tokenizer' | 'contextWindow'>;

/** Every answer of one kind as a row. @throws LabError 'bad-input' if there is none, or as `rowOf` */
export function examplesOf(
  { benign, requests }: TrainingData,
  kind: Exclude<DataKind, 'preferences'>,
  model: Reader,
): readonly TrainingRow[] {
  const rows =
    kind === 'benign'
      ? benign.map(({ prompt, answer }) => rowOf(model, prompt, answer))
      : requests.flatMap(({ prompt, [kind]: answers }) =>
          answers.map((answer) => rowOf(model, prompt, answer)),
        );
  if (rows.length === 0) throw noRows(kind);
  return rows;
}

const named: Readonly<Record<DataKind, string>> = {
  benign: 'answers to harmless requests',
  safe: 'safe answers to harmful requests',
  harmful: 'harmful answers to harmful requests',
  preferences: 'preferences between two answers',
};

export const noRows = (kind: DataKind): LabError =>
  new LabError('bad-input', `The training data has no ${named[kind]}.`, {
    advice: 'Add some, or choose a method that does without.',
  });

/** `count` draws with replacement, each from one of some lists with the chance of its share. */
export function drawMix(
  random: Random,
  count: number,
  from: readonly { readonly rows: readonly TrainingRow[]; readonly share: number }[],
): readonly TrainingRow[] {
  return Array.from({ length: count }, () => {
    let mark = random.next() * from.reduce((sum, { share }) => sum + share, 0);
    const chosen = from.find(({ share }) => (mark -= share) < 0) ?? from.at(-1)!;
    return random.pick(chosen.rows);
  });
}

/**
 * `count` items of epoch after epoch, each a shuffle of all: item `index · count` onwards. Depends on the name of `random`
 * alone.
 */
export function epochDraw<T>(
  items: readonly T[],
  random: Random,
  index: number,
  count: number,
): readonly T[] {
  const orders = new Map<number, readonly T[]>();
  const orderOf = (epoch: number) => {
    const order = orders.get(epoch) ?? random.fork(`epoch ${epoch}`).shuffle(items);
    orders.set(epoch, order);
    return order;
  };
  return Array.from({ length: count }, (_, i) => {
    const at = index * count + i;
    return orderOf(Math.floor(at / items.length))[at % items.length]!;
  });
}
