/** @file From lessons to training batches of few shapes. */
import { createRandom, type Random } from '../../src/core/random.ts';
import { lesson, type Curriculum, type Lesson } from '../../src/data/tinytown/corpus.ts';
import type { ChatTokenizer } from '../../src/models/chat-tokenizer.ts';
import type { TrainingBatch } from '../../src/models/runtimes/whitebox/train.ts';
import { promptWeight, rowLengths, tokensPerStep } from './recipe.ts';

interface Row {
  readonly ids: readonly number[];
  readonly weights: readonly number[];
}

/** Token ids of a conversation exactly as the chat template writes them, and what each counts in the loss. */
export function encodeLesson({ messages, given, garbled }: Lesson, tokenizer: ChatTokenizer): Row {
  const [end] = tokenizer.endIds;
  const ids: number[] = [];
  const weights: number[] = [];
  messages.forEach(({ role, content }, i) => {
    if (role !== 'assistant') return;
    const asked = tokenizer.prompt(messages.slice(0, i));
    const fresh = asked.slice(ids.length);
    ids.push(...fresh);
    weights.push(...fresh.map(() => (garbled.includes(i - 1) ? 0 : promptWeight)));
    const free = i === messages.length - 1 ? content.slice(given) : content;
    const forced = tokenizer.encode(content.slice(0, content.length - free.length));
    const answer = [...tokenizer.encode(free), end!];
    ids.push(...forced, ...answer);
    weights.push(...forced.map(() => 0), ...answer.map(() => 1));
  });
  return { ids, weights };
}

/** An endless, seeded stream of batches; `at(step)` depends on the step alone, so that training can be resumed. */
export function batchStream(curriculum: Curriculum, tokenizer: ChatTokenizer, name: string) {
  const random = createRandom(name);
  return { at: (step: number): TrainingBatch => drawBatch(curriculum, tokenizer, random.fork(step)) };
}

function drawBatch(curriculum: Curriculum, tokenizer: ChatTokenizer, random: Random): TrainingBatch {
  const draw = () => {
    for (;;) {
      const row = encodeLesson(lesson(curriculum, random), tokenizer);
      const length = rowLengths.find((length) => row.ids.length <= length);
      if (length !== undefined) return { row, length };
    }
  };
  // A length is drawn in proportion to the tokens that lessons of this length hold, so that each lesson is equally likely.
  const longest = Math.max(...rowLengths);
  let { length } = draw();
  while (random.next() > length / longest) ({ length } = draw());
  const count = Math.max(1, Math.floor(tokensPerStep / length));
  const rows: Row[] = [];
  while (rows.length < count) {
    const drawn = draw();
    if (drawn.length === length) rows.push(drawn.row);
  }
  const ids = new Int32Array(count * length);
  const lossWeights = new Float32Array(count * length);
  rows.forEach((row, r) => {
    ids.set(row.ids, r * length);
    lossWeights.set(row.weights, r * length);
  });
  return { ids, lossWeights, shape: [count, length] };
}
