/** @file The reward and the cost of answers, learned from the data before the first update. */
import { LabError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { TrainingData } from '../../core/training-data.ts';
import { norm, type Vector } from '../../core/vectors.ts';
import type { TrainingRow, WhiteBoxModel } from '../../models/language-model.ts';
import { noRows } from '../parts/draws.ts';
import { rowOf } from '../parts/rows.ts';
import { costHead, rewardHead } from './heads.ts';

type Reader = Pick<WhiteBoxModel, 'hiddenStates' | 'tokenizer' | 'contextWindow'>;

export interface Judge {
  /** Heads on features: the higher, the better, and the more harm. */
  readonly reward: Float64Array;
  readonly cost: Float64Array;
  /**
   * What heads read of a row: the state after the final norm at each position from the last of the prompt to the last of the
   * answer, scaled to a length near 1, followed by 1.
   */
  features(row: TrainingRow): Promise<readonly Vector[]>;
}

/** @param most pairs of each kind to learn from. @throws LabError 'bad-input' for data without one of them */
export async function judgeFrom(
  model: Reader,
  { benign, requests, preferences }: TrainingData,
  { random, most }: { readonly random: Random; readonly most: number },
): Promise<Judge> {
  const some = <T>(kind: string, items: readonly T[]) => random.fork(kind).shuffle(items).slice(0, most);
  const textOf = ({ prompt }: { readonly prompt: TrainingData['preferences'][number]['prompt'] }) =>
    JSON.stringify(prompt);
  const harmfulTexts = new Set(requests.map(textOf));
  const helpful = preferences.filter((pair) => !harmfulTexts.has(textOf(pair)));
  if (helpful.length === 0) throw preferences.length === 0 ? noRows('preferences') : withoutReward();
  const contested = requests.flatMap(({ prompt, safe, harmful }) =>
    safe[0] === undefined ? [] : harmful.map((bad) => ({ prompt, bad, good: safe[0]! })),
  );
  if (contested.length === 0) throw noRows(requests.some(({ safe }) => safe.length > 0) ? 'harmful' : 'safe');

  const first = benign[0] ?? { prompt: helpful[0]!.prompt, answer: helpful[0]!.chosen };
  const unit = await lengthOfStates(model, rowOf(model, first.prompt, first.answer));
  const features = async (row: TrainingRow) => {
    const last = (await model.hiddenStates(row.ids)).at(-1)!;
    const size = last.length / row.ids.length;
    return Array.from({ length: row.ids.length - row.from + 1 }, (_, t) => {
      const at = (row.from - 1 + t) * size;
      const scaled = Float64Array.from(last.subarray(at, at + size), (value) => value / unit);
      return Float64Array.of(...scaled, 1);
    });
  };
  const whole = async (prompt: typeof first.prompt, answer: string): Promise<Vector> =>
    (await features(rowOf(model, prompt, answer))).at(-1)!;
  const wholes = async <T>(items: readonly T[], one: (item: T) => Promise<Vector>) => {
    const out: Vector[] = [];
    for (const item of items) out.push(await one(item));
    return out;
  };
  const better = some('better', helpful);
  const worse = some('worse', contested);
  const paired = (firsts: readonly Vector[], seconds: readonly Vector[]) =>
    firsts.map((one, i) => ({ first: one, second: seconds[i]! }));
  return {
    features,
    reward: rewardHead(
      paired(
        await wholes(better, ({ prompt, chosen }) => whole(prompt, chosen)),
        await wholes(better, ({ prompt, rejected }) => whole(prompt, rejected)),
      ),
    ),
    cost: costHead(
      paired(
        await wholes(worse, ({ prompt, bad }) => whole(prompt, bad)),
        await wholes(worse, ({ prompt, good }) => whole(prompt, good)),
      ),
      await wholes(some('harmless', benign), ({ prompt, answer }) => whole(prompt, answer)),
    ),
  };
}

async function lengthOfStates(model: Reader, { ids }: TrainingRow): Promise<number> {
  const last = (await model.hiddenStates(ids)).at(-1)!;
  return norm(last) / Math.sqrt(ids.length);
}

const withoutReward = (): LabError =>
  new LabError('bad-input', 'All preferences of the training data are on harmful requests.', {
    advice: 'Add preferences between answers to harmless requests: the reward is learned from them.',
  });
