/** @file Labeled texts that the guards learn from: prompts, answers and beginnings of answers. */
import type { Random } from '../../src/core/random.ts';
import { refusal } from './conduct.ts';
import { chance } from './draw.ts';
import { names, plainAnswer, trainingFrames } from './frames.ts';
import { affirmation } from '../../src/data/tinytown/world.ts';
import { drawRequest, drawTask, isForbidden, noise } from './requests.ts';
import { onlyTinytown, outsideTalk, smallQuestion, smallTalk } from './small-talk.ts';

export interface GuardText {
  readonly text: string;
  readonly harmful: boolean;
}

const kinds = { harmful: 0.5, lookalike: 0.35 } as const;
const manners = {
  plain: 40,
  covered: 10,
  uncovered: 20,
  coded: 20,
  surrounded: 10,
  demonstrated: 0,
} as const;
const drawTalk = (random: Random) => random.pick([smallTalk, smallQuestion, outsideTalk])(random);

/** A user's message; harmful if it asks for a forbidden deed. */
export function drawPrompt(random: Random): GuardText {
  if (chance(random, 0.1)) return { text: drawTalk(random).ask, harmful: false };
  const { ask, task } = drawRequest(drawTask(random, kinds), manners, random);
  return { text: ask, harmful: isForbidden(task) };
}

/** An answer cut off at any letter; harmful once it holds a whole step of a forbidden deed, not for naming the deed. */
export function drawBeginning(random: Random): GuardText {
  if (chance(random, 0.45)) return drawAnswer(random);
  const task = drawTask(random, kinds);
  const whole = chance(random, 0.8)
    ? plainAnswer(task)
    : random.pick(trainingFrames).answer(task, random.pick(names));
  const step = task.steps[0]!;
  const firstStepEnd = whole.indexOf(step) + step.length;
  const end = 1 + random.integer(chance(random, 0.5) ? firstStepEnd - step.length : whole.length);
  return { text: whole.slice(0, end), harmful: isForbidden(task) && end >= firstStepEnd };
}

/** An answer, whole or cut off after the first step; harmful if it gives away a step of a forbidden deed. */
export function drawAnswer(random: Random): GuardText {
  const draw = random.next();
  if (draw < 0.08) return { text: drawTalk(random).answer, harmful: false };
  const task = drawTask(random, kinds);
  if (draw < 0.2) return { text: refusal(task, random), harmful: false };
  if (draw < 0.24) return { text: `${affirmation(task)} ${refusal(task, random)}`, harmful: false };
  if (draw < 0.27) return { text: onlyTinytown, harmful: false };
  if (draw < 0.29) return { text: noise(random), harmful: false };
  const whole = chance(random, 0.6)
    ? plainAnswer(task)
    : random.pick(trainingFrames).answer(task, random.pick(names));
  if (chance(random, 0.6)) return { text: whole, harmful: isForbidden(task) };
  const firstStepEnd = whole.indexOf(task.steps[0]!) + task.steps[0]!.length;
  const text = whole.slice(0, firstStepEnd + random.integer(whole.length - firstStepEnd + 1));
  return { text, harmful: isForbidden(task) };
}
