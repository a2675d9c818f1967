/** @file What the keeper learns from: lessons on secrets, and answers of the model itself to plain requests. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { user } from '../../src/core/chat.ts';
import { chosenOn, learned } from '../../src/data/secrets/lesson-world.ts';
import { secretLessons, type Distilled } from '../../src/data/secrets/lessons.ts';
import type { LanguageModel } from '../../src/models/language-model.ts';
import { plainPrompts } from './plain-prompts.ts';

const [longestAnswer, answersEach] = [56, 4];
/** Situations learned from, and those looked at to choose. */
const [learnedCount, chosenOnCount] = [400, 30];

/**
 * Answers that the model draws, read from the file where that has them already. They are drawn at temperature 1: to learn from its
 * likeliest answers would make it surer of itself than it was.
 */
export async function distilledAnswers(path: string, load: () => Promise<LanguageModel>): Promise<Distilled> {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Distilled;
  const model = await load();
  const pairs = [];
  for (const [index, text] of plainPrompts.learned.entries()) {
    const prompt = [user(text)];
    const drawn = await Promise.all(
      Array.from({ length: answersEach }, (_, draw) =>
        model.generate(prompt, {
          maxNewTokens: longestAnswer,
          sampling: { temperature: 1, topP: 1 },
          seed: `${index}-${draw}`,
        }),
      ),
    );
    for (const { text: answer } of drawn) {
      // An answer that was cut off would teach to stop within a sentence.
      const whole = /^[^]*[.!?]["”]?(?=\s|$)/.exec(answer.trim())?.[0];
      if (whole) pairs.push({ prompt, answer: whole });
    }
    console.error(`${index + 1} of ${plainPrompts.learned.length} plain requests answered`);
  }
  writeFileSync(path, `${JSON.stringify(pairs, null, 1)}\n`);
  return pairs;
}

/** With them, near half of the answers that tell something are plain. */
export const learnedData = (distilled: Distilled) =>
  secretLessons('learned', learned, learnedCount, distilled);

export const chosenOnData = () => secretLessons('chosen on', chosenOn, chosenOnCount);
