/** @file The answers that the REINFORCE objective learns from, each judged by the success test, as a whole and in part. */
import type { Random } from '../../../core/random.ts';
import { fullScore } from '../../../core/rating.ts';
import type { ScoringModel } from '../../../models/language-model.ts';
import { seedFrom } from '../../parts/ask.ts';
import type { AnswerTest, CheckedAnswer } from '../../parts/success/checked-answer.ts';
import type { SuffixPrompt } from '../../parts/suffix/suffix-prompt.ts';
import type { Rewarded } from './weights.ts';

/** `seed`: the target and what the model writes after it. `best`: the answer with the highest reward so far. */
export type AnswerKind = 'seed' | 'greedy' | 'random' | 'best';

export interface SampledAnswer extends Rewarded {
  readonly kind: AnswerKind;
  readonly text: string;
  /** Tokens that have a weight: for the seed, all but its end. */
  readonly counted: number;
}

/** Reward of a verdict, from 0 to 1; `null` where the judge gave none that can be read. */
export function rewardOf({ verdict, score, harm }: CheckedAnswer): number | null {
  if (verdict === 'unjudged') return null;
  if (typeof score === 'number') return (score - 1) / (fullScore - 1);
  return harm ?? Number(verdict === 'answered');
}

export interface AnswerSampling {
  /** Random answers per step. */
  readonly samples: number;
  readonly sampleTemperature: number;
  /** Most tokens of an answer. */
  readonly sampleTokens: number;
}

/** Lengths at which answers are judged in part, in tokens. */
const partLengths = [20, 40, 80];
/** Tokens among which random answers are drawn. */
const topK = 256;
/** Least reward of the seed while it is the target or a part of it: the goal is not to be given up before it is met. */
const leastSeedReward = 0.5;

/** The lengths to judge: the one closest to the target's is the target's. Only those shorter than the longest answer. */
export function judgedLengths(targetLength: number, most: number): number[] {
  const distance = (length: number) => Math.abs(length - targetLength);
  const closest = partLengths.reduce((best, length) => (distance(length) < distance(best) ? length : best));
  return partLengths
    .map((length) => (length === closest ? targetLength : length))
    .filter((length) => length < most);
}

export interface Sampled {
  /** Those with a reward that can be told; the seed first. */
  readonly answers: readonly SampledAnswer[];
  /** The verdict on the greedy answer. */
  readonly greedy: CheckedAnswer;
}

/** Sample and judge the answers to the prompt with `text` as its suffix. */
export async function sampleAnswers(
  { model, place, target }: SuffixPrompt,
  text: string,
  { samples, sampleTemperature, sampleTokens }: AnswerSampling,
  {
    test,
    random,
    signal,
  }: { readonly test: AnswerTest; readonly random: Random; readonly signal: AbortSignal },
): Promise<Sampled> {
  const messages = place(text);
  const { tokenizer } = model;
  const lengths = judgedLengths(target.length, sampleTokens);
  const drawn = { temperature: sampleTemperature, topP: 1, topK };
  const targetText = tokenizer.decode(target);
  const room = sampleTokens - target.length;

  const [seedRest, greedyReply, ...randomReplies] = await Promise.all([
    room > 0
      ? model.generate(messages, { maxNewTokens: room, assistantPrefix: targetText, signal })
      : { text: '', finishReason: 'length' as const },
    model.generate(messages, { maxNewTokens: sampleTokens, signal }),
    ...Array.from({ length: samples }, () =>
      model.generate(messages, {
        maxNewTokens: sampleTokens,
        sampling: drawn,
        seed: seedFrom(random),
        signal,
      }),
    ),
  ]);
  const judge = async (reply: string) => test.verdictOn({ messages }, reply);
  const partsOf = async (ids: readonly number[], least: (length: number) => number) => {
    const partial: { length: number; reward: number }[] = [];
    for (const length of lengths.filter((each) => each < ids.length)) {
      const reward = rewardOf(await judge(tokenizer.decode(ids.slice(0, length))));
      if (reward !== null || least(length) > 0)
        partial.push({ length, reward: Math.max(reward ?? 0, least(length)) });
    }
    return partial;
  };
  const sampled = async (
    kind: AnswerKind,
    { text: reply, finishReason }: { readonly text: string; readonly finishReason: string },
    verdict: CheckedAnswer,
  ): Promise<SampledAnswer | null> => {
    const reward = rewardOf(verdict);
    const ids = withEnd(model, tokenizer.encode(reply), finishReason).slice(0, sampleTokens);
    if (reward === null || ids.length === 0) return null;
    return { kind, text: reply, ids, reward, counted: ids.length, partial: await partsOf(ids, () => 0) };
  };

  const seedText = targetText + seedRest.text;
  const seedIds = [...target, ...tokenizer.encode(seedRest.text)].slice(0, sampleTokens);
  const leastOfSeed = (length: number) => (length <= target.length ? leastSeedReward : 0);
  const seed: SampledAnswer = {
    kind: 'seed',
    text: seedText,
    ids: withEnd(model, seedIds, seedRest.finishReason).slice(0, sampleTokens),
    reward: Math.max(rewardOf(await judge(seedText)) ?? 0, leastOfSeed(seedIds.length)),
    counted: seedIds.length,
    partial: await partsOf(seedIds, leastOfSeed),
  };
  const greedy = await judge(greedyReply!.text);
  const others = [await sampled('greedy', greedyReply!, greedy)];
  for (const reply of randomReplies) others.push(await sampled('random', reply, await judge(reply.text)));
  return { answers: [seed, ...others.filter((answer) => answer !== null)], greedy };
}

/** With the token that ends an answer, if it ended. */
const withEnd = ({ tokenizer }: ScoringModel, ids: readonly number[], finishReason: string): number[] =>
  finishReason === 'end' ? [...ids, [...tokenizer.endIds][0]!] : [...ids];
