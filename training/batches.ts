/** @file Turns lessons into training batches of a few fixed shapes. */
import { createRandom, type Random } from '../src/core/random.ts';
import { drawAnswer, drawBeginning, drawPrompt, type GuardText } from './corpus/guard-texts.ts';
import { lesson, type Lesson } from './corpus/lessons.ts';
import type { Curriculum } from './corpus/curricula.ts';
import type { ChatTokenizer } from '../src/models/chat-tokenizer.ts';
import type { LabeledText } from '../src/models/runtimes/whitebox/train-classifier.ts';
import type { TrainingBatch } from '../src/models/language-model.ts';
import { promptWeight, rowLengths, tokensPerStep, type GuardRecipe } from './recipe.ts';

interface Row {
  readonly ids: readonly number[];
  readonly weights: readonly number[];
}

/** Token ids of a conversation exactly as the chat template writes them, and the loss weight of each. */
export function encodeLesson(
  { messages, forcedLength, openEnded, unlearned }: Lesson,
  tokenizer: ChatTokenizer,
): Row {
  const [end] = tokenizer.endIds;
  const ids: number[] = [];
  const weights: number[] = [];
  messages.forEach(({ role, content }, i) => {
    if (role !== 'assistant') return;
    const promptIds = tokenizer.prompt(messages.slice(0, i));
    const newIds = promptIds.slice(ids.length);
    ids.push(...newIds);
    weights.push(...newIds.map(() => (unlearned.includes(i - 1) ? 0 : promptWeight)));
    const free = i === messages.length - 1 ? content.slice(forcedLength) : content;
    const forced = tokenizer.encode(content.slice(0, content.length - free.length));
    const answer = [...tokenizer.encode(free), ...(openEnded && i === messages.length - 1 ? [] : [end!])];
    ids.push(...forced, ...answer);
    weights.push(...forced.map(() => 0), ...answer.map(() => (unlearned.includes(i) ? 0 : 1)));
  });
  return { ids, weights };
}

/**
 * As many examples of one row length as fill a step. A row length is chosen in proportion to the tokens in examples of
 * that length, so that each example is equally likely.
 */
function drawSameLength<T>(draw: () => T, tokensIn: (example: T) => number, random: Random) {
  const drawFitting = () => {
    for (;;) {
      const example = draw();
      const length = rowLengths.find((length) => tokensIn(example) <= length);
      if (length !== undefined) return { example, length };
    }
  };
  let { length } = drawFitting();
  while (random.next() > length / Math.max(...rowLengths)) ({ length } = drawFitting());
  const rows: T[] = [];
  while (rows.length < Math.max(1, Math.floor(tokensPerStep / length))) {
    const next = drawFitting();
    if (next.length === length) rows.push(next.example);
  }
  return { rows, length };
}

/** Batches without end. `at(step)` depends on the seed and the step alone, so that training can be resumed. */
interface BatchStream<Batch> {
  at(step: number): Batch;
}

export function lessonBatches(
  curriculum: Curriculum,
  tokenizer: ChatTokenizer,
  name: string,
): BatchStream<TrainingBatch> {
  const stream = createRandom(name);
  return {
    at(step) {
      const random = stream.fork(step);
      const draw = () => encodeLesson(lesson(curriculum, random), tokenizer);
      const { rows, length } = drawSameLength(draw, ({ ids }) => ids.length, random);
      const ids = new Int32Array(rows.length * length);
      const lossWeights = new Float32Array(rows.length * length);
      rows.forEach((row, r) => {
        ids.set(row.ids, r * length);
        lossWeights.set(row.weights, r * length);
      });
      return { ids, lossWeights, shape: [rows.length, length] };
    },
  };
}

const draws: Readonly<Record<GuardRecipe['reads'], (random: Random) => GuardText>> = {
  prompts: drawPrompt,
  answers: drawAnswer,
  'beginnings of answers': drawBeginning,
};

export function labeledBatches(
  reads: GuardRecipe['reads'],
  tokenizer: ChatTokenizer,
  name: string,
): BatchStream<readonly LabeledText[]> {
  const stream = createRandom(name);
  const drawText = draws[reads];
  return {
    at(step) {
      const random = stream.fork(step);
      const draw = (): LabeledText => {
        const { text, harmful } = drawText(random);
        return { ids: tokenizer.encode(text), label: harmful ? 1 : 0 };
      };
      return drawSameLength(draw, ({ ids }) => ids.length, random).rows;
    },
  };
}
