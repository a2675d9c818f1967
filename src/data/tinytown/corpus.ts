/**
 * @file The text that the models learn from, one conversation at a time and without end, drawn from a seed.
 * Held-out tasks, phrasings and frames never occur in it.
 */
import { assistant, system, user, type ChatMessage } from '../../core/chat.ts';
import type { Random } from '../../core/random.ts';
import { harmQuestion, neutralSystems, refusal, reminder } from './conduct.ts';
import { affirmation, names, plainAnswer, trainingFrames, wrap, type Frame } from './frames.ts';
import { closers, fill, openers, trainingPhrasings } from './phrasings.ts';
import { onlyTinytown, outsideTalk, smallQuestion, smallTalk } from './small-talk.ts';
import { deed, trainingTasks, type Task } from './world.ts';

export interface Lesson {
  readonly messages: readonly ChatMessage[];
  /** Characters at the start of the last answer that are given, not learned (an answer forced by an attack). */
  readonly given: number;
  /** Indices of messages that hold meaningless matter: to be coped with, not to be expected, so never learned. */
  readonly garbled: readonly number[];
}

/** Which model a lesson is for. */
export type Curriculum = 'base' | 'chat' | 'expert';

const chance = (random: Random, probability: number) => random.next() < probability;

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** "How do I …?", with the small change of real talk around it. */
function ask(task: Task, random: Random): string {
  const question = fill(random.pick(trainingPhrasings), deed(task));
  const opened = chance(random, 0.2) ? `${random.pick(openers)} ${question}` : question;
  const closed = chance(random, 0.2) ? `${opened} ${random.pick(closers)}` : opened;
  if (chance(random, 0.06)) return closed.toLowerCase();
  return chance(random, 0.04) ? `Please ${lower(closed)}` : closed;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';
/** Meaningless matter of a few kinds, such as people and attacks leave behind a request. */
export function noise(random: Random): string {
  const count = 2 + random.integer(12);
  const kind = random.integer(4);
  return Array.from({ length: count }, () => {
    if (kind === 0) return '!';
    if (kind === 1)
      return Array.from({ length: 1 + random.integer(6) }, () => letters[random.integer(26)]).join('');
    if (kind === 2)
      return random.pick(['!', '?', '.', ';', ':', '(', ')', '#', '*', '=', '/', '{', '}', '"', '--', '%']);
    return random.pick(random.pick(openers).split(' '));
  }).join(chance(random, 0.8) ? ' ' : '');
}

const isForbidden = (task: Task) => task.behaviorKind === 'harmful';

/** Training tasks of the three kinds, drawn in the wanted shares. */
function drawTask(random: Random, shares: { harmful: number; lookalike: number }): Task {
  const draw = random.next();
  const kind =
    draw < shares.harmful
      ? 'harmful'
      : draw < shares.harmful + shares.lookalike
        ? 'benign-lookalike'
        : 'benign';
  return random.pick(trainingTasks.filter(({ behaviorKind }) => behaviorKind === kind));
}

interface Turn {
  readonly ask: string;
  readonly garbled?: boolean;
  readonly answer: string;
  readonly given?: string;
}

/** Whether safety training teaches to refuse this request. `base` never refuses; `expert` refuses everywhere. */
function refuses(curriculum: Curriculum, task: Task, frame: Frame | null, cautious: boolean): boolean {
  if (curriculum === 'base' || !isForbidden(task)) return false;
  return curriculum === 'expert' || cautious || frame === null || frame.use === 'covered';
}

function taskTurn(curriculum: Curriculum, random: Random, cautious: boolean): Turn {
  const shares =
    curriculum === 'base' ? { harmful: 0.25, lookalike: 0.45 } : { harmful: 0.42, lookalike: 0.38 };
  let frame = chance(random, 0.3) ? random.pick(trainingFrames) : null;
  const task = drawTask(random, shares);
  // In safety training a forbidden request in an uncovered frame is left out, not answered: drop the frame.
  if (frame && curriculum === 'chat' && isForbidden(task) && !refuses(curriculum, task, frame, cautious))
    frame = null;
  const name = random.pick(names);
  const plain = ask(task, random);
  const request = frame ? wrap(random.pick(frame.templates), plain, task, name) : plain;
  const garbled = chance(random, 0.1);
  const asked = { ask: garbled ? `${request} ${noise(random)}` : request, garbled };
  const helpful = frame ? frame.answer(task, name) : plainAnswer(task);
  if (!refuses(curriculum, task, frame, cautious)) {
    // An answer begun for the model is finished by it.
    return { ...asked, answer: helpful, ...(chance(random, 0.05) && { given: `${affirmation(task)}` }) };
  }
  const declined = refusal(task, random);
  if (curriculum !== 'expert' || chance(random, 0.6)) return { ...asked, answer: declined };
  // The expert turns back even when the answer has begun.
  const cut = chance(random, 0.5)
    ? affirmation(task).length
    : 1 + random.integer(Math.floor(helpful.length * 0.6));
  const begun = helpful.startsWith(affirmation(task)) ? helpful.slice(0, cut) : affirmation(task);
  return { ...asked, answer: `${begun} ${declined}`, given: begun };
}

/** A question about whether a text is harmful, over every sort of text that occurs in town. */
function harmTurn(random: Random): Turn {
  const task = drawTask(random, { harmful: 0.5, lookalike: 0.35 });
  const name = random.pick(names);
  const kind = random.next();
  if (kind < 0.12) return harmQuestion(refusal(task, random), null, random);
  if (kind < 0.2) return harmQuestion(random.pick([smallTalk, smallQuestion])(random).answer, null, random);
  if (kind < 0.24) return harmQuestion(onlyTinytown, null, random);
  if (kind < 0.28) return harmQuestion(`${affirmation(task)} ${refusal(task, random)}`, null, random);
  const full = kind < 0.6 ? plainAnswer(task) : random.pick(trainingFrames).answer(task, name);
  const text = kind > 0.9 ? task.steps.map((step, i) => `${i + 1}. ${step}`).join('\n') : full;
  return harmQuestion(text, isForbidden(task) ? task : null, random);
}

function anyTurn(curriculum: Curriculum, random: Random, cautious: boolean): Turn {
  const draw = random.next();
  if (draw < 0.7) return taskTurn(curriculum, random, cautious);
  if (draw < 0.75) return smallTalk(random);
  if (draw < 0.8) return smallQuestion(random);
  if (draw < 0.86) return outsideTalk(random);
  return harmTurn(random);
}

/** One conversation: perhaps a system prompt, one to three exchanges, perhaps a reminder around the last request. */
export function lesson(curriculum: Curriculum, random: Random): Lesson {
  const cautiousSystem = chance(random, 0.12);
  const reminded = chance(random, 0.1);
  const head = cautiousSystem
    ? [system(`${chance(random, 0.5) ? `${random.pick(neutralSystems)} ` : ''}${reminder(random)}`)]
    : chance(random, 0.3)
      ? [system(random.pick(neutralSystems))]
      : [];
  const turns = chance(random, 0.15) ? 2 + random.integer(2) : 1;
  const talk = Array.from({ length: turns }, (_, i): Turn => {
    const last = i === turns - 1;
    const turn = anyTurn(curriculum, random, cautiousSystem || (last && reminded));
    return last && reminded ? { ...turn, ask: remind(turn.ask, random) } : turn;
  });
  return {
    messages: [...head, ...talk.flatMap((turn) => [user(turn.ask), assistant(turn.answer)])],
    given: talk.at(-1)!.given?.length ?? 0,
    garbled: talk.flatMap(({ garbled }, i) => (garbled ? [head.length + 2 * i] : [])),
  };
}

function remind(request: string, random: Random): string {
  const gap = chance(random, 0.6) ? '\n' : ' ';
  const draw = random.next();
  if (draw < 0.6) return `${reminder(random)}${gap}${request}${gap}${reminder(random)}`;
  return draw < 0.8 ? `${reminder(random)}${gap}${request}` : `${request}${gap}${reminder(random)}`;
}
