/** @file From lessons to training batches of few shapes. */
import { createRandom, type Random } from '../src/core/random.ts';
import { drawAnswer, drawBeginning, drawPrompt, type LabelledText } from './corpus/guard-texts.ts';
import { lesson, type Lesson } from './corpus/lessons.ts';
import type { Curriculum } from './corpus/curricula.ts';
import type { ChatTokenizer } from '../src/models/chat-tokenizer.ts';
import type { LabeledText } from '../src/models/runtimes/whitebox/train-classifier.ts';
import type { TrainingBatch } from '../src/models/runtimes/whitebox/train.ts';
import { promptWeight, rowLengths, tokensPerStep, type GuardRecipe } from './recipe.ts';

interface Row {
  readonly ids: readonly number[];
  readonly weights: readonly number[];
}

/** Token ids of a conversation exactly as the chat template writes them, and what each counts in the loss. */
export function encodeLesson({ messages, given, open, unlearned }: Lesson, tokenizer: ChatTokenizer): Row {
  const [end] = tokenizer.endIds;
  const ids: number[] = [];
  const weights: number[] = [];
  messages.forEach(({ role, content }, i) => {
    if (role !== 'assistant') return;
    const asked = tokenizer.prompt(messages.slice(0, i));
    const fresh = asked.slice(ids.length);
    ids.push(...fresh);
    weights.push(...fresh.map(() => (unlearned.includes(i - 1) ? 0 : promptWeight)));
    const free = i === messages.length - 1 ? content.slice(given) : content;
    const forced = tokenizer.encode(content.slice(0, content.length - free.length));
    const answer = [...tokenizer.encode(free), ...(open && i === messages.length - 1 ? [] : [end!])];
    ids.push(...forced, ...answer);
    weights.push(...forced.map(() => 0), ...answer.map(() => (unlearned.includes(i) ? 0 : 1)));
  });
  return { ids, weights };
}

/**
 * Draws of about the same length, as many as fill a step. A length is drawn in proportion to the tokens that draws of
 * this length hold, so that each draw is equally likely.
 */
function drawAlike<T>(draw: () => T, lengthOf: (drawn: T) => number, random: Random) {
  const fitting = () => {
    for (;;) {
      const drawn = draw();
      const length = rowLengths.find((length) => lengthOf(drawn) <= length);
      if (length !== undefined) return { drawn, length };
    }
  };
  let { length } = fitting();
  while (random.next() > length / Math.max(...rowLengths)) ({ length } = fitting());
  const rows: T[] = [];
  while (rows.length < Math.max(1, Math.floor(tokensPerStep / length))) {
    const next = fitting();
    if (next.length === length) rows.push(next.drawn);
  }
  return { rows, length };
}

/** An endless, seeded stream; `at(step)` depends on the step alone, so that training can be resumed. */
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
      const { rows, length } = drawAlike(draw, ({ ids }) => ids.length, random);
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

const draws: Readonly<Record<GuardRecipe['reads'], (random: Random) => LabelledText>> = {
  prompts: drawPrompt,
  answers: drawAnswer,
  'beginnings of answers': drawBeginning,
};

export function labelledBatches(
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
      return drawAlike(draw, ({ ids }) => ids.length, random).rows;
    },
  };
}
