/** @file Hidden states of the trained tokens of rows, by a model as it is and as it was, and losses of them by token. */
import { cosine, dot, norm } from '../../core/vectors.ts';
import type {
  HiddenGradient,
  Shifts,
  Training,
  TrainingBatch,
  TrainingRow,
  WhiteBoxModel,
} from '../../models/language-model.ts';
import { weightedBatch } from './rows.ts';

/** The state of one trained token. */
export interface TokenState {
  readonly row: number;
  readonly position: number;
  readonly boundary: number;
  readonly values: Float32Array;
}

/** Rows as a batch of which no token is predicted: its loss is that of states. */
export const unweighted = (rows: readonly TrainingRow[]): TrainingBatch =>
  weightedBatch(rows.map((row) => ({ ...row, weight: 0 })));

/** The positions that hold the trained tokens of a row. */
const positionsOf = ({ ids, from }: TrainingRow): readonly number[] =>
  Array.from({ length: ids.length - from }, (_, i) => from + i);

/** By the model as it stands, in the order of boundaries, rows and tokens. */
export async function statesNow(
  training: Pick<Training, 'hiddenStates'>,
  rows: readonly TrainingRow[],
  boundaries: readonly number[],
  shifts?: Shifts,
): Promise<readonly TokenState[]> {
  const batch = unweighted(rows);
  const [, width] = batch.shape;
  const states = await training.hiddenStates({ ...batch, ...(shifts && { shifts }) }, boundaries);
  return boundaries.flatMap((boundary) => {
    const all = states.get(boundary)!;
    const size = all.length / (rows.length * width);
    return rows.flatMap((one, row) =>
      positionsOf(one).map((position) => {
        const at = (row * width + position) * size;
        return { row, position, boundary, values: all.slice(at, at + size) };
      }),
    );
  });
}

/** By the model as it was, in the same order. */
export async function statesBefore(
  model: Pick<WhiteBoxModel, 'hiddenStates'>,
  rows: readonly TrainingRow[],
  boundaries: readonly number[],
): Promise<readonly TokenState[]> {
  const perRow: Float32Array[][] = [];
  for (const { ids } of rows) perRow.push(await model.hiddenStates(ids));
  return boundaries.flatMap((boundary) =>
    rows.flatMap((one, row) => {
      const all = perRow[row]![boundary]!;
      const size = all.length / one.ids.length;
      return positionsOf(one).map((position) => ({
        row,
        position,
        boundary,
        values: all.slice(position * size, (position + 1) * size),
      }));
    }),
  );
}

/** A loss of one state, and its gradient. */
export interface StateLoss {
  readonly loss: number;
  readonly gradient: Float32Array;
}

/** Mean squared difference of the values of two states. */
export function squaredDistance(state: Float32Array, target: Float32Array): StateLoss {
  const gradient = state.map((value, i) => (2 * (value - target[i]!)) / state.length);
  const loss = state.reduce((sum, value, i) => sum + (value - target[i]!) ** 2, 0) / state.length;
  return { loss, gradient };
}

/** Length of the difference of two states; without a gradient where they are the same. */
export function distance(state: Float32Array, target: Float32Array): StateLoss {
  const difference = state.map((value, i) => value - target[i]!);
  const loss = norm(difference);
  return { loss, gradient: difference.map((value) => (loss > 0 ? value / loss : 0)) };
}

/** The cosine of two states where it is positive, else 0. */
export function likeness(state: Float32Array, other: Float32Array): StateLoss {
  const value = cosine(state, other);
  if (!(value > 0)) return { loss: 0, gradient: new Float32Array(state.length) };
  const [own, both] = [dot(state, state), norm(state) * norm(other)];
  return { loss: value, gradient: state.map((part, i) => other[i]! / both - (value * part) / own) };
}

/** The mean of a loss over states, times `weight`, with the gradients that training takes. */
export function meanOverStates(
  states: readonly TokenState[],
  weight: number,
  lossOf: (state: TokenState, index: number) => StateLoss,
): { readonly loss: number; readonly hidden: readonly HiddenGradient[] } {
  const losses = states.map(lossOf);
  const share = weight / states.length;
  return {
    loss: losses.reduce((sum, { loss }) => sum + loss, 0) / states.length,
    hidden: states.map((state, i) => ({
      ...state,
      values: losses[i]!.gradient.map((value) => value * share),
    })),
  };
}

/** A layer boundary of a model, as a share of its depth; the embedding and the last are left out. */
export const boundaryAt = (layers: number, depth: number): number =>
  Math.min(Math.max(1, Math.round(layers * depth)), Math.max(1, layers - 1));

/** How many layers a model has. */
export async function layersOf(
  model: Pick<WhiteBoxModel, 'hiddenStates'>,
  row: TrainingRow,
): Promise<number> {
  return (await model.hiddenStates(row.ids.slice(0, 1))).length - 1;
}
