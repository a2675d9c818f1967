/** @file What the keeper learns from: lessons on secrets, and answers of the model itself to plain requests. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { user } from '../../src/core/chat.ts';
import { chosenOn, learned } from '../../src/data/secrets/lesson-world.ts';
import { secretLessons, type Distilled } from '../../src/data/secrets/lessons.ts';
import type { LanguageModel } from '../../src/models/language-model.ts';
import { plainPrompts } from './plain-prompts.ts';

const longestAnswer = 40;
/** Situations learned from, and those looked at to choose. */
const [learnedCount, chosenOnCount] = [400, 30];

/** Greedy answers of the model, read from the file where that has them already. */
export async function distilledAnswers(path: string, load: () => Promise<LanguageModel>): Promise<Distilled> {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Distilled;
  const model = await load();
  const pairs = [];
  for (const text of plainPrompts.learned) {
    const prompt = [user(text)];
    const { text: answer } = await model.generate(prompt, { maxNewTokens: longestAnswer });
    // An answer that was cut off would teach to stop within a sentence.
    const whole = /^[^]*[.!?]["”]?(?=\s|$)/.exec(answer.trim())?.[0];
    if (whole) pairs.push({ prompt, answer: whole });
    console.error(`${pairs.length} of ${plainPrompts.learned.length} plain requests answered`);
  }
  writeFileSync(path, `${JSON.stringify(pairs, null, 1)}\n`);
  return pairs;
}

/** Plain requests come three times, so that they are more than one in four of the answers that tell something. */
export const learnedData = (distilled: Distilled) =>
  secretLessons('learned', learned, learnedCount, [...distilled, ...distilled, ...distilled]);

export const chosenOnData = () => secretLessons('chosen on', chosenOn, chosenOnCount);
